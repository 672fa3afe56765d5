#!/usr/bin/env bash
# Installs pha. Run as root; ./install.sh --help tells what it can do.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here"

# The agents run with any Node.js from 18.19 on; so does everything that builds them.
node_minimum=18.19.0
build_packages=(ca-certificates)
lab_packages=(
  corosync pacemaker pacemaker-cli-utils pcs resource-agents resource-agents-paf
  postgresql iproute2 iputils-arping libxml2-utils man-db procps psmisc util-linux strace openssh-client openssh-server crmsh
)

usage() {
  cat <<'TEXT'
usage: ./install.sh [--dry-run] [--config FILE] [--shell pcs|crm] [--timeout SECONDS]
                                            pha on every node that config.ini, beside install.sh, names
       ./install.sh agents [--prefix DIR]   the agents and commands on this machine alone (below DIR, if given)
       ./install.sh lab                     a three-node cluster on this machine, in namespaces of its own
       ./install.sh test                    the same set-up, then all tests

Run as root. A config.ini is made from a sample: cp templates/muti/config.ini.sample config.ini
docs/installation.md is the whole way from new machines to a running cluster.
TEXT
}

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'install.sh: %s\n' "$1" >&2; exit "${2:-1}"; }

need_root() { [ "$(id -u)" = 0 ] || die "only root can do this; run it as root (sudo ./install.sh${verb:+ $verb})"; }

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || printf '%s\n' "$package"
  done
}

# A lab needs the programs, not the services: nothing is started on this machine by installing them.
policy=/usr/sbin/policy-rc.d
own_policy=
remove_policy() { [ -z "$own_policy" ] || rm -f "$policy"; }
trap remove_policy EXIT

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "missing packages: ${missing[*]}; this machine has no apt-get, so install them by hand"
  say "installing Debian packages: ${missing[*]}"
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    own_policy=yes
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

node_is_new_enough() {
  command -v node >/dev/null || return 1
  [ "$(printf '%s\n%s\n' "$node_minimum" "$(node --version | tr -d v)" | sort -V | head -n 1)" = "$node_minimum" ]
}

install_node() {
  local wanted=()
  node_is_new_enough || wanted+=(nodejs)
  command -v npm >/dev/null || wanted+=(npm)
  [ "${#wanted[@]}" -eq 0 ] || install_packages "${wanted[@]}"
  node_is_new_enough || die "Node.js is $(node --version), and pha needs $node_minimum or newer"
}

# npm ci takes its time; it is needed only when the lock file has changed.
install_modules() {
  local stamp=node_modules/.pha-lock want
  want=$(sha256sum package-lock.json)
  [ "$(cat "$stamp" 2>/dev/null)" != "$want" ] || return 0
  say "installing what the build needs (npm ci)"
  npm ci --no-audit --no-fund --loglevel=error >&2
  printf '%s\n' "$want" >"$stamp"
}

# A folder is newer, too, when a file in it is gone.
is_built() {
  [ -e dist/.built ] && [ -z "$(find agents heartbeat-ocf lib scripts package-lock.json -newer dist/.built -print -quit)" ]
}

build() {
  install_packages "${build_packages[@]}"
  install_node
  install_modules
  say "building the executables"
  npm run -s build
}

build_if_needed() {
  if ! is_built || ! node_is_new_enough; then build; fi
}

# Everything from here on is dist/tools/install-nodes (lib/commands/install/): what is where, what differs, and what to do.
install_nodes() {
  build_if_needed
  dist/tools/install-nodes "$@"
}

install_agents() {
  build_if_needed
  dist/tools/install-here "$@"
}

start_lab() {
  [ $# -eq 0 ] || { usage >&2; die "unknown argument: $1" 2; }
  install_packages "${lab_packages[@]}"
  build
  say "starting a cluster of three nodes"
  npm run -s lab -- up
  npm run -s lab -- status
  cat >&2 <<'TEXT'

Try next:
  kill the primary:  npm run -s lab -- poweroff node1
  watch:             npm run -s lab -- exec node2 -- cls_status     (or crm_mon -Afr1)
  bring it back:     npm run -s lab -- boot node1     and if it has diverged, cls_status names the repair; then: npm run -s lab -- down
TEXT
}

run_tests() {
  [ $# -eq 0 ] || { usage >&2; die "unknown argument: $1" 2; }
  install_packages "${lab_packages[@]}"
  build
  say "checking types and style"
  npm run -s lint
  rm -rf .test-logs
  local level status=0
  for level in unit contract lab; do
    say "$level tests"
    npm run -s "test:$level" || status=1
  done
  npx --no-install tsx scripts/total.ts || status=1
  return "$status"
}

verb=${1:-}
case $verb in
  '' | -*) ;;
  *) shift ;;
esac
case $verb in
  lab) need_root; start_lab "$@" ;;
  test) need_root; run_tests "$@" ;;
  agents) need_root; install_agents "$@" ;;
  -h | --help | help) usage ;;
  '' | -*)
    need_root
    [ -n "$verb" ] || [ -e config.ini ] || { usage >&2; die "there is no $here/config.ini" 2; }
    install_nodes "$@"
    ;;
  *) usage >&2; die "unknown command: $verb" 2 ;;
esac
