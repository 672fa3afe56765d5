#!/bin/sh
# enter.sh CGROUP COMMAND... becomes COMMAND inside the control group.
# By joining before the exec, no process of a lab ever lives outside its group, whenever the harness is killed.
set -e
echo $$ >"$1/cgroup.procs"
shift
exec "$@"
