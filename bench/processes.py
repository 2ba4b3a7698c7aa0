"""What a process and those below it cost: processor seconds and memory, read from /proc."""
import os
import pathlib

TICK = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """The fields of /proc/PID/stat after the name, which may hold anything; None of a process that is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def children(pid):
    try:
        return [int(c) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for c in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def tree(pid):
    return [pid] + [below for child in children(pid) for below in tree(child)]


def cpu(pids):
    """User and system seconds of these processes themselves."""
    total = 0
    for pid in pids:
        fields = stat(pid)
        if fields:
            total += sum(int(value) for value in fields[11:13])
    return total / TICK


def resident(pid):
    """Bytes in memory, pages of mapped files included."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0
