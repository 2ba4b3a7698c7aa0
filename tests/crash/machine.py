"""A server that gets killed: with all its processes, or a worker alone, and that must leave no process behind."""
import contextlib
import ctypes
import os
import pathlib
import random
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from reelvault_server import Server  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    return found


def command_line(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def lasting_port():
    """Below those that the system gives to clients: one of them would take a killed server's port, or meet itself."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


class Machine(Server):
    """Whatever loses its parent becomes a child of this process, so that nothing that outlives a kill stays unseen."""

    def __init__(self, *arguments, **more):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        super().__init__(*arguments, **more)
        self.port = lasting_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.others = set()

    def launch(self, wrapper=(), extra_env=None):
        self.others = set(children(os.getpid()))
        super().launch(wrapper, extra_env)

    def workers(self):
        return [pid for pid in children(self.process.pid) if " worker " in command_line(pid)]

    def kill_worker(self, chance: random.Random):
        """kill -9 of one worker; False when none was there."""
        workers = self.workers()
        if not workers:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(workers), signal.SIGKILL)
        return True

    def kill(self):
        """kill -9; workers and decoders must follow by themselves."""
        super().kill()
        deadline = time.monotonic() + 20
        while left := self.orphans():
            if time.monotonic() > deadline:
                raise AssertionError("outlived the server: " + "; ".join(f"{pid} {command_line(pid)}" for pid in left))
            time.sleep(0.01)

    def days_go_by(self):
        """Stops it, and leaves it so that uploads which nobody goes on with are over, and with a sweep every second:
        nothing else may go on any more, for which a second between storing bytes and committing their row is short."""
        self.stop()
        self.rows("update upload set touched_at = touched_at - 8 * 86400 * 1000 where state = 0")
        self.settings["storage.sweep_grace_s"] = 1

    def orphans(self):
        """What is left of the server's processes, the dead among them buried."""
        left = []
        for pid in set(children(os.getpid())) - self.others:
            if self.process and pid == self.process.pid:
                continue
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG) == (0, 0):
                    left.append(pid)
        return left
