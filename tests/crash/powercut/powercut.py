"""A file system that forgets what was not synced when its power is cut. See README.md."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def program() -> pathlib.Path:
    """The FUSE server, compiled when it is older than its sources."""
    sources = sorted(HERE.glob("*.?pp"))
    binary = ROOT / "build" / "powercut"
    if not binary.exists() or binary.stat().st_mtime < max(s.stat().st_mtime for s in sources):
        binary.parent.mkdir(parents=True, exist_ok=True)
        flags = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "fuse3"], check=True, capture_output=True, text=True
        ).stdout.split()
        fresh = binary.with_suffix(f".{os.getpid()}")
        command = ["clang++-19", "-std=c++23", "-O1", "-g1", "-Wall", "-Wextra", "-Werror"]
        subprocess.run([*command, *(s for s in sources if s.suffix == ".cpp"), "-o", fresh, *flags], check=True)
        fresh.rename(binary)
    return binary


def why_not() -> str | None:
    """Why no such file system can be mounted here; None where it can."""
    if subprocess.run(["pkg-config", "--exists", "fuse3"], check=False).returncode != 0:
        return "libfuse3-dev is not installed"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse cannot be opened"
    if os.getuid() != 0 and shutil.which("fusermount3") is None:
        return "only root may mount without fusermount3"
    return None


class PowerCut:
    """A mounted disk. `path` is where the program under test keeps its files."""

    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="powercut-"))
        self.path = self.folder / "disk"
        self.path.mkdir()
        (self.folder / "backing").mkdir()
        self.process = subprocess.Popen([program(), self.folder / "backing", self.path], stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.close()
            raise RuntimeError("the disk cannot be mounted")

    def __enter__(self) -> "PowerCut":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def command(self, line: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.folder / "backing" / "control"))
            connection.sendall(line.encode() + b"\n")
            answer = connection.makefile().read().strip()
        if answer.startswith("error"):
            raise RuntimeError(answer)
        return answer

    def cut(self, seed: int = 0) -> None:
        """Cuts the power and puts it back. Kill (-9) whatever uses the disk before. With a seed some of what was not
        synced stays, as on a real disk; the same seed over the same history keeps the same."""
        self.command(f"cut {seed}")

    def fail_syncs(self, count: int) -> None:
        """The next syncs report EIO, once each; what they should have made durable is lost."""
        self.command(f"fail-syncs {count}")

    def set_space(self, size: int) -> None:
        """All files together take at most this; 0: no limit."""
        self.command(f"space {size}")

    def state(self) -> dict[str, str]:
        return dict(word.split("=") for word in self.command("state").split())

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)
