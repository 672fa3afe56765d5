"""Calls commands in turn, inside a node, and measures each call.

Reads one JSON object from standard input: {"warmups", "runs", "timeoutMs", "directory", "calls": [{"name",
"argv", "env", "expected"}]}. Writes one: {"name": [{"wallMs", "cpuMs"}, ...]}. A call that does not end with
the expected exit code ends everything, with what it wrote.

Python, since only wait4(2) tells exactly what a process and its children have used, and Node.js has no way to
call it. Python is there wherever pcs is.
"""

import ctypes
import json
import os
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def used(usage):
    return (usage.ru_utime + usage.ru_stime) * 1000


def end_of(pid):
    """Where a process leaves children behind, they become ours, and what they used counts, too."""
    _, status, usage = os.wait4(pid, 0)
    finished = time.perf_counter()
    cpu = used(usage)
    while True:
        try:
            cpu += used(os.wait4(-1, 0)[2])
        except ChildProcessError:
            return finished, os.waitstatus_to_exitcode(status), cpu


def fail(message):
    sys.exit(f"measure: {message}")


def run(call):
    output = os.memfd_create("output")
    nothing = os.open("/dev/null", os.O_RDONLY)
    begun = time.perf_counter()
    pid = os.posix_spawn(
        call["argv"][0],
        call["argv"],
        call["env"],
        file_actions=[
            (os.POSIX_SPAWN_DUP2, nothing, 0),
            (os.POSIX_SPAWN_DUP2, output, 1),
            (os.POSIX_SPAWN_DUP2, output, 2),
        ],
    )
    signal.setitimer(signal.ITIMER_REAL, job["timeoutMs"] / 1000)
    finished, code, cpu = end_of(pid)
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.close(nothing)
    if code != call["expected"]:
        os.lseek(output, 0, os.SEEK_SET)
        said = os.read(output, 4000).decode(errors="replace").strip()
        fail(f'{call["name"]} ended with {code} instead of {call["expected"]}: {said}')
    os.close(output)
    return {"wallMs": (finished - begun) * 1000, "cpuMs": cpu}


def overdue(_signal, _frame):
    fail("a call did not end in time")


job = json.load(sys.stdin)
os.chdir(job["directory"])
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
signal.signal(signal.SIGALRM, overdue)

for _ in range(job["warmups"]):
    for each in job["calls"]:
        run(each)
results = {each["name"]: [] for each in job["calls"]}
for _ in range(job["runs"]):
    for each in job["calls"]:
        results[each["name"]].append(run(each))
json.dump(results, sys.stdout)
