"""A server whose stores can be made slow (slow_store.c), so that what lasts a moment otherwise can be seen and killed."""
import contextlib
import os
import pathlib
import subprocess
import tempfile

from reelvault_server import ROOT, Server


def library():
    built = ROOT / "build" / "slow_store.so"
    source = pathlib.Path(__file__).with_name("slow_store.c")
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        built.parent.mkdir(exist_ok=True)
        fresh = built.with_suffix(f".{os.getpid()}")
        subprocess.run(["clang-19", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", source, "-o", fresh], check=True)
        fresh.rename(built)
    return built


class SlowServer(Server):
    """With two stores, local and second, and an archive for buckets that name it."""

    def __init__(self, database, settings=None):
        super().__init__(database, settings)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="reelvault-slow-"))
        self.control = self.home / "slow"
        tables = ""
        for name in ("second", "tier"):
            (self.home / name).mkdir()
            tables += f'[stores.{name}]\nkind = "local"\nroot = "{self.home / name}"\n'
        (self.home / "reelvault.toml").write_text(tables)
        self.arguments = ["--config", str(self.home / "reelvault.toml")]

    def launch(self, wrapper=(), extra_env=None):
        roots = [self.data_dir / "blobs", self.home / "second", self.home / "tier"]
        slow = {"LD_PRELOAD": str(library()), "SLOW_CONTROL": str(self.control), "SLOW_ROOTS": ":".join(map(str, roots))}
        super().launch(wrapper, {**slow, **(extra_env or {})})

    def slow_down(self, *what):
        for told in self.home.glob("slow.*"):
            told.unlink()
        fresh = self.home / "slow.new"
        fresh.write_text(" ".join(what))
        fresh.rename(self.control)

    def waits(self, what):
        """Whether somebody does, since it was slowed down."""
        return self.control.with_suffix("." + what).exists()

    def speed_up(self):
        with contextlib.suppress(FileNotFoundError):
            self.control.unlink()

    @contextlib.contextmanager
    def slow(self, *what):
        self.slow_down(*what)
        try:
            yield
        finally:
            self.speed_up()

    def close(self):
        self.speed_up()
        super().close()
