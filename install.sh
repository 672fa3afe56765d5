#!/usr/bin/env bash
# Installs pha. Run as root; ./install.sh --help tells what it can do.
set -euo pipefail

origin=$PWD
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here"

# The agents run with any Node.js from 18.19 on; so does everything that builds them.
node_minimum=18.19.0
build_packages=(ca-certificates)
lab_packages=(
  corosync pacemaker pacemaker-cli-utils pcs resource-agents resource-agents-paf
  postgresql kmod iproute2 iputils-arping libxml2-utils man-db procps psmisc util-linux strace openssh-client openssh-server nftables crmsh
)
# A lab whose directors spread reads on a kernel that has no ip_vs of its own; not every architecture has them.
guest_packages=(user-mode-linux ipvsadm e2fsprogs)
# A lab of two nodes with a quorum device.
device_packages=(corosync-qdevice corosync-qnetd)
# A lab whose nodes have wall clocks of their own.
clock_packages=(libfaketime)

usage() {
  cat <<'TEXT'
usage: ./install.sh [--dry-run] [--config FILE] [--shell pcs|crm] [--timeout SECONDS]
                                            pha on every node that config.ini, beside install.sh, names
       ./install.sh agents [--dry-run] [--prefix DIR]
                                            the agents and commands on this machine alone (below DIR, if given)
       ./install.sh lab                     a three-node cluster on this machine, in namespaces of its own
       ./install.sh test                    the same set-up, then all tests

Run as root. A config.ini is made from a sample: cp templates/muti/config.ini.sample config.ini
docs/installation.md is the whole way from new machines to a running cluster.
TEXT
}

arguments_wrong=100

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'install.sh: %s\n' "$1" >&2; exit "${2:-1}"; }
refuse() { usage >&2; die "$1" "$arguments_wrong"; }

need_root() { [ "$(id -u)" = 0 ] || die "only root can do this; run it as root (sudo ./install.sh${verb:+ $verb})"; }

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || printf '%s\n' "$package"
  done
}

# A lab and the tests need the programs, not the services: nothing is started on this machine by installing them. The
# file says that it is ours, so that one that a killed run left behind is known.
policy=/usr/sbin/policy-rc.d
policy_mark='# of install.sh of pha: remove it if no install.sh runs'
own_policy=
remove_policy() { [ -z "$own_policy" ] || rm -f "$policy"; }
trap remove_policy EXIT

forbid_services() {
  [ ! -e "$policy" ] || grep -qxF "$policy_mark" "$policy" || return 0
  own_policy=yes
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy"
  chmod 755 "$policy"
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "missing packages: ${missing[*]}; this machine has no apt-get, so install them by hand"
  say "installing Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_lab_packages() {
  forbid_services
  install_packages "${lab_packages[@]}"
  (install_packages "${guest_packages[@]}") ||
    say "without ${guest_packages[*]}, no lab spreads reads here, and the tests of that are skipped"
  (install_packages "${device_packages[@]}") ||
    say "without ${device_packages[*]}, no lab has a quorum device here"
  (install_packages "${clock_packages[@]}") ||
    say "without ${clock_packages[*]}, no lab has clocks that can be set"
  remove_policy
  own_policy=
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

# What changes nothing must not begin with a build.
build_if_needed() {
  ! is_built || ! node_is_new_enough || return 0
  [ -z "$dry_run" ] || die "--dry-run changes nothing, and dist is not built, or is older than its sources: run npm ci && npm run build first (Node.js $node_minimum or newer)"
  build
}

# Before anything is built or installed. Values are judged by the program itself.
check_options() {
  dry_run= config=$here/config.ini
  local allowed=" $1 " word
  shift
  while [ $# -gt 0 ]; do
    word=${1%%=*}
    case $word in
      -h | --help | help) usage; exit 0 ;;
    esac
    case $allowed in
      *" $1 "* | *" $word=VALUE "*) ;;
      *) refuse "unknown argument: $1" ;;
    esac
    [ "$word" != --dry-run ] || dry_run=yes
    if [[ $allowed == *" $word=VALUE "* && $1 != *=* ]]; then
      [ $# -gt 1 ] || refuse "$word needs a value"
      set -- "$word=$2" "${@:3}"
    fi
    case $word in
      -c | --config) config=$(cd "$origin" && realpath -m -- "${1#*=}") ;;
    esac
    shift
  done
}

# Everything from here on is dist/tools/install-nodes (lib/commands/install/): what is where, what differs, and what to do.
install_nodes() {
  build_if_needed
  cd "$origin" # paths among the arguments are the operator's
  # In place of this shell: who interrupts or ends install.sh means the program, which says what is left to do.
  exec "$here/dist/tools/install-nodes" "$@"
}

install_agents() {
  build_if_needed
  dist/tools/install-here "$@"
}

start_lab() {
  install_lab_packages
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

# The last line is always the total: what keeps the tests from running at all is counted as a failed test.
run_tests() {
  local level status=0 broken=0
  rm -rf .test-logs
  # In a subshell, which alone ends when something fails; it has no trap of this shell.
  set +e
  (set -e; trap remove_policy EXIT; install_lab_packages; build)
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    printf 'FAILED packages and build\n0 passed, 1 failed, 0 skipped\n'
    return 1
  fi
  say "checking types and style"
  npm run -s lint || broken=1
  [ "$broken" = 0 ] || printf 'FAILED types and style (npm run lint)\n'
  for level in unit simulation contract lab; do
    say "$level tests"
    npm run -s "test:$level" || status=1
  done
  npx --no-install tsx scripts/total.ts "$broken" || status=1
  return "$status"
}

verb=${1:-}
case $verb in
  '' | -*) ;;
  *) shift ;;
esac
case $verb in
  lab) check_options '' "$@"; need_root; start_lab ;;
  test) check_options '' "$@"; need_root; run_tests ;;
  agents) check_options '--prefix=VALUE --dry-run' "$@"; need_root; install_agents "$@" ;;
  help) usage ;;
  '' | -*)
    check_options '--config=VALUE -c=VALUE --shell=VALUE --timeout=VALUE -t=VALUE --dry-run' "$@"
    need_root
    [ -e "$config" ] || refuse "there is no $config; make it from a sample in $here/templates"
    [ -f "$config" ] || refuse "$config is not a regular file; name a file"
    install_nodes "$@"
    ;;
  *) refuse "unknown command: $verb" ;;
esac
