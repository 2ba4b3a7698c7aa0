"""The disk itself: it loses what was not synced and keeps what was, or the crash tests on it would prove nothing."""
import contextlib
import ctypes
import errno
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from powercut import PowerCut, why_not  # noqa: E402

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@pytest.fixture
def disk():
    with PowerCut() as disk:
        yield disk


def write(path: pathlib.Path, content: bytes, sync: bool = False) -> None:
    fd = os.open(path, os.O_CREAT | os.O_WRONLY, 0o644)
    os.pwrite(fd, content, 0)
    if sync:
        os.fsync(fd)
    os.close(fd)


def sync_folder(path: pathlib.Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(fd)
    os.close(fd)


def test_behaves_as_a_file_system_while_the_power_is_on(disk):
    folder = disk.path / "a" / "b"
    folder.mkdir(parents=True)
    write(folder / "file", b"0123456789")
    os.truncate(folder / "file", 4)
    with open(folder / "file", "ab") as file:
        file.write(b"more")
    assert (folder / "file").read_bytes() == b"0123more"
    os.link(folder / "file", folder / "second")
    os.rename(folder / "file", disk.path / "moved")
    os.symlink("moved", disk.path / "link")
    assert (disk.path / "link").read_bytes() == b"0123more"
    assert os.stat(disk.path / "moved").st_nlink == 2
    os.unlink(folder / "second")
    with pytest.raises(OSError):
        os.rmdir(disk.path / "a")
    os.rmdir(folder)
    assert sorted(os.listdir(disk.path)) == ["a", "link", "moved"]
    with open(disk.path / "moved", "rb") as held:
        os.unlink(disk.path / "moved")
        assert held.read() == b"0123more", "an open file outlives its name"
    for number in range(3000):
        (disk.path / "a" / f"{number:05}").touch()
    assert len(os.listdir(disk.path / "a")) == 3000


def test_loses_what_was_not_synced(disk):
    write(disk.path / "file", b"first", sync=True)
    sync_folder(disk.path)
    write(disk.path / "file", b"OTHER")
    write(disk.path / "new", b"new")
    disk.cut()
    assert (disk.path / "file").read_bytes() == b"first"
    assert os.listdir(disk.path) == ["file"]


def test_keeps_what_was_synced(disk):
    content = os.urandom(3 << 20)
    write(disk.path / "file", content, sync=True)
    sync_folder(disk.path)
    disk.cut()
    assert (disk.path / "file").read_bytes() == content
    disk.cut()
    assert (disk.path / "file").read_bytes() == content


def test_a_synced_file_without_its_synced_name_is_lost(disk):
    write(disk.path / "file", b"content", sync=True)
    disk.cut()
    assert os.listdir(disk.path) == []


def test_a_synced_name_without_its_synced_content_is_empty(disk):
    write(disk.path / "file", b"content")
    sync_folder(disk.path)
    disk.cut()
    assert (disk.path / "file").read_bytes() == b""


def test_every_folder_above_must_be_synced(disk):
    (disk.path / "a" / "b").mkdir(parents=True)
    write(disk.path / "a" / "b" / "file", b"content", sync=True)
    sync_folder(disk.path / "a" / "b")
    sync_folder(disk.path / "a")
    disk.cut()
    assert os.listdir(disk.path) == []


def test_fdatasync_keeps_the_size_and_sync_file_range_keeps_nothing(disk):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
    for name in ("data", "range"):
        fd = os.open(disk.path / name, os.O_CREAT | os.O_RDWR)
        os.posix_fallocate(fd, 0, 1 << 20)
        os.fsync(fd)
        os.pwrite(fd, b"x" * 5000, 4000)
        if name == "data":
            os.fdatasync(fd)
        else:
            assert libc.sync_file_range(fd, 0, 0, 1 | 2 | 4) == 0
        os.close(fd)
    sync_folder(disk.path)
    disk.cut()
    assert (disk.path / "data").read_bytes()[3999:9001] == b"\0" + b"x" * 5000 + b"\0"
    assert (disk.path / "range").read_bytes() == b"\0" * (1 << 20)


def test_renames_and_removals_wait_for_their_folder(disk):
    for name in ("renamed", "removed", "kept"):
        write(disk.path / name, name.encode(), sync=True)
    sync_folder(disk.path)
    os.rename(disk.path / "renamed", disk.path / "other")
    os.unlink(disk.path / "removed")
    disk.cut()
    assert sorted(os.listdir(disk.path)) == ["kept", "removed", "renamed"]
    assert (disk.path / "removed").read_bytes() == b"removed"
    os.rename(disk.path / "renamed", disk.path / "kept")
    os.unlink(disk.path / "removed")
    sync_folder(disk.path)
    disk.cut()
    assert os.listdir(disk.path) == ["kept"]
    assert (disk.path / "kept").read_bytes() == b"renamed"


def test_a_rename_into_another_folder_is_kept_by_syncing_that_one(disk):
    (disk.path / "from").mkdir()
    (disk.path / "to").mkdir()
    write(disk.path / "from" / "file", b"content", sync=True)
    sync_folder(disk.path / "from")
    sync_folder(disk.path)
    os.rename(disk.path / "from" / "file", disk.path / "to" / "file")
    sync_folder(disk.path / "to")
    disk.cut()
    assert (disk.path / "to" / "file").read_bytes() == b"content"


def test_a_rename_does_not_replace_when_told_so(disk):
    libc = ctypes.CDLL(None, use_errno=True)
    write(disk.path / "one", b"1")
    write(disk.path / "two", b"2")
    at_fdcwd, noreplace = -100, 1
    result = libc.renameat2(at_fdcwd, bytes(disk.path / "one"), at_fdcwd, bytes(disk.path / "two"), noreplace)
    assert (result, ctypes.get_errno()) == (-1, errno.EEXIST)


def test_a_truncated_file_comes_back_whole_unless_synced(disk):
    write(disk.path / "file", b"0123456789", sync=True)
    sync_folder(disk.path)
    os.truncate(disk.path / "file", 2)
    disk.cut()
    assert (disk.path / "file").read_bytes() == b"0123456789"
    fd = os.open(disk.path / "file", os.O_RDWR)
    os.ftruncate(fd, 2)
    os.ftruncate(fd, 6)
    os.fsync(fd)
    os.close(fd)
    disk.cut()
    assert (disk.path / "file").read_bytes() == b"01\0\0\0\0"


def test_a_seeded_cut_keeps_some_pages_and_a_beginning_of_the_names(disk):
    seen_pages, seen_names = set(), set()
    for seed in range(1, 13):
        write(disk.path / "file", b"a" * 65536, sync=True)
        sync_folder(disk.path)
        write(disk.path / "file", b"b" * 65536)
        for number in range(6):
            write(disk.path / f"{number}", b"")
        disk.cut(seed)
        pages = (disk.path / "file").read_bytes()[::4096]
        names = sorted(set(os.listdir(disk.path)) - {"file"})
        assert names == [str(number) for number in range(len(names))], "never a later one without an earlier one"
        seen_pages.add(pages)
        seen_names.add(len(names))
        for name in names:
            os.unlink(disk.path / name)
        sync_folder(disk.path)
    assert len(seen_pages) > 6 and len(seen_names) > 3


def test_a_failing_sync_fails_once_and_loses_what_it_had_to_keep(disk):
    write(disk.path / "file", b"first", sync=True)
    sync_folder(disk.path)
    fd = os.open(disk.path / "file", os.O_RDWR)
    os.pwrite(fd, b"SECOND", 0)
    disk.fail_syncs(1)
    with pytest.raises(OSError) as failure:
        os.fsync(fd)
    assert failure.value.errno == errno.EIO
    os.fsync(fd)
    os.close(fd)
    disk.cut()
    assert (disk.path / "file").read_bytes()[:5] == b"first", "the second sync said that all was well"


def test_space_is_limited(disk):
    disk.set_space(1 << 20)
    write(disk.path / "file", b"x" * 500_000)
    with pytest.raises(OSError) as failure:
        write(disk.path / "other", b"x" * 600_000)
    assert failure.value.errno == errno.ENOSPC
    os.unlink(disk.path / "file")
    sync_folder(disk.path)
    write(disk.path / "third", b"x" * 600_000)
    assert os.statvfs(disk.path).f_bavail * 4096 < 500_000


def test_what_programs_hold_open_ends_with_the_cut(disk):
    fd = os.open(disk.path / "file", os.O_CREAT | os.O_RDWR)
    disk.cut()
    with pytest.raises(OSError):
        os.pwrite(fd, b"x", 0)
        os.fsync(fd)
    with contextlib.suppress(OSError):
        os.close(fd)


WRITER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("pragma journal_mode = wal")
database.execute("pragma synchronous = full")
database.execute("create table if not exists t (n integer primary key, x blob)")
other = sqlite3.connect(sys.argv[1])
number = database.execute("select coalesce(max(n), 0) from t").fetchone()[0]
while True:
    number += 1
    database.execute("insert into t values (?, randomblob(3000))", (number,))
    assert other.execute("select max(n) from t").fetchone()[0] == number  # through the shared memory of the WAL
    print(number, flush=True)
"""


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_sqlite_loses_nothing_that_it_acknowledged(disk, seed):
    path = disk.path / "test.db"
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True)
        for _ in range(40):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
        acknowledged = max([acknowledged, *map(int, rest[:-1])])
        disk.cut(seed)
        database = sqlite3.connect(path)
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        assert database.execute("select max(n), count(*) from t").fetchone()[0] >= acknowledged
        database.close()


def test_sqlite_without_syncs_loses_what_it_acknowledged(disk):
    """So that the test above is known to be able to fail."""
    path = disk.path / "test.db"
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("pragma synchronous = off")
    database.execute("pragma journal_mode = wal")
    database.execute("create table t (n integer)")
    database.execute("insert into t values (1)")
    disk.cut()
    assert os.listdir(disk.path) == []
    with contextlib.suppress(sqlite3.Error):
        database.close()
