"""The power is cut under parallel uploads and processing: what was not synced is gone (powercut/README.md).

Database and blobs lie on a disk that forgets; on PostgreSQL the blobs alone do, since the PostgreSQL of the tests runs
elsewhere, without fsync. After each cut the machine has another boot id. REELVAULT_CRASH_ROUNDS raises the number of
cuts; 14 unless set.
"""
import contextlib
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time

import audit
import pytest
from load import CHUNK, Away, Broken, Client, Ledger, media
from machine import Machine
from powercut import ROOT, PowerCut, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

ROUNDS = max(14, int(os.environ.get("REELVAULT_CRASH_ROUNDS", "14")))
SETTINGS = {"worker.count": 2, "jobs.lease_s": 5, "encoding.preset": "ultrafast", "storage.sweep_grace_s": 8,
            "storage.direct_bytes": "4MiB"}  # some uploads are smaller, some larger


class Mains:
    """A machine on a disk that forgets, and the switch."""

    def __init__(self, database, seed, environment=None):
        self.chance = random.Random(seed)
        self.boots = self.cuts = 0
        self.environment = environment or {}
        self.disk = PowerCut()
        self.machine = Machine(database, SETTINGS, self.disk.path / "data")
        self.machine.log_path = self.disk.folder.with_suffix(".log")  # not on the disk
        self.wrong = []

    def on(self):
        self.boots += 1
        self.machine.start(extra_env={"REELVAULT_BOOT_ID": f"boot-{self.boots}", **self.environment})

    def cut(self, lucky=False):
        """With luck some of what was not synced stays, as on real disks."""
        self.machine.kill()
        self.cuts += 1
        self.disk.cut(self.chance.randrange(1, 10**9) if lucky else 0)
        if not self.machine.database_url:
            self.wrong += database_faults(self.machine.data_dir)

    def close(self):
        self.machine.close()
        self.disk.close()


def database_faults(data_dir):
    """Of a copy, which is what will be opened: the log is still to be replayed."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("reelvault.db", "reelvault.db-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(data_dir / name, folder)
        copy = pathlib.Path(folder) / "reelvault.db"
        if not copy.exists():
            return ["the database file is gone"]
        try:
            with contextlib.closing(sqlite3.connect(copy)) as database:
                rows = [row[0] for row in database.execute("pragma integrity_check")]
        except sqlite3.DatabaseError as error:
            rows = [str(error)]
        return [f"integrity_check after a cut: {row}" for row in rows if row != "ok"]


def run_cuts(mains, ledger, seed, rounds):
    mains.on()
    stop = threading.Event()
    machine = mains.machine
    clients = [Client(machine.url, ledger, f"{seed}-{number}", stop, accounts=True) for number in range(4)]
    for client in clients:
        client.start()
    try:
        for _ in range(rounds):
            time.sleep(mains.chance.uniform(0.3, 1.6))
            mains.cut(lucky=mains.chance.random() < 0.5)
            mains.on()
    finally:
        stop.set()
    for client in clients:
        client.join(90)
        if client.is_alive():
            ledger.violation(f"{client.name} does not come to an end")
    # Once more, when all is said: whatever was answered last must be there too.
    mains.cut()
    mains.on()
    return mains.wrong + ledger.violations + audit.check_promises(machine.admin(), ledger)


def test_what_was_answered_survives_power_cuts(database, seed):
    media()
    with contextlib.closing(Mains(database, seed)) as mains:
        ledger = Ledger()
        wrong = run_cuts(mains, ledger, seed, ROUNDS)
        mains.machine.days_go_by()
        mains.on()
        audit.Ground(mains.machine).wait_until_swept()
        mains.machine.stop()
        wrong += audit.check_ground(mains.machine, ledger)
        states = [upload.state for upload in ledger.uploads]
        print(f"{mains.cuts} cuts; " + ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states))))
        print(", ".join(f"{count} {what}" for what, count in ledger.notes.items()), f"; {len(ledger.accounts)} accounts")
        assert not wrong, "\n".join([f"seed {seed}, log {mains.machine.log_path}:", *wrong[:40]])


@pytest.fixture(scope="module")
def forgetful():
    """The library that makes syncs say yes and do nothing."""
    library = ROOT / "build" / "forgetful.so"
    source = pathlib.Path(__file__).with_name("forgetful.c")
    if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
        library.parent.mkdir(exist_ok=True)
        fresh = library.with_suffix(f".{os.getpid()}")
        subprocess.run(["clang-19", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", source, "-o", fresh], check=True)
        fresh.rename(library)
    return library


@pytest.mark.parametrize(
    "forgotten",
    [
        pytest.param({"FORGET": "/blobs/"}, id="bytes of blobs"),
        pytest.param({"FORGET": "/blobs", "FORGET_FOLDERS": "1"}, id="names of blobs"),
        pytest.param({"FORGET": "/reelvault.db"}, id="the database"),
        pytest.param({"FORGET": "/data", "FORGET_FOLDERS": "1"}, id="all names"),
    ],
)
def test_without_fsync_the_test_notices(forgotten, forgetful, seed):
    """Or the test above would prove nothing: the same, shorter, with syncs that do not sync."""
    wrong = small_work(seed, {"LD_PRELOAD": str(forgetful), **forgotten})
    print("\n".join(wrong[:3]))
    assert wrong


def test_with_fsync_the_same_finds_nothing(seed):
    assert small_work(seed, {}) == []


def small_work(seed, environment):
    with contextlib.closing(Mains("sqlite", seed, environment)) as mains:
        ledger = Ledger()
        client = Client(mains.machine.url, ledger, f"{seed}-0", threading.Event())
        try:
            mains.on()
            client.place = client.make_folder("place")
            for client.number, size in enumerate((0, 70_000, CHUNK + 1)):
                client.send(client.new_asset(client.new_name("small.bin")), client.random_bytes(size), {})
            client.make_account()
            content = client.random_bytes(CHUNK + 9)
            begun = client.send(client.new_asset("begun"), content, {}, ends="abandon", stop_after=1)
            mains.cut()
            mains.on()
            client.api = None
            # The part that was confirmed is there, and the upload goes on from it.
            begun.content, begun.ends, begun.state, begun.stop_after = content, "complete", "open", 9
            client.drive(begun)
            return mains.wrong + audit.check_promises(mains.machine.admin(), ledger, 30)
        except (RuntimeError, AssertionError, Away, Broken) as found:
            return [*mains.wrong, f"{type(found).__name__}: {found}"]
