"""What a power cut leaves of the local store and of SQLite: the tests of power_cut_test.cpp of each room on the disk that
forgets."""
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from powercut import ROOT, PowerCut, why_not  # noqa: E402


def program(room: str):
    """The one that was built last."""
    return max(ROOT.glob(f"build/*/{room}_test"), key=lambda path: path.stat().st_mtime, default=None)


pytestmark = [
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
    pytest.mark.skipif(not (program("storage") and program("db")), reason="storage_test and db_test are not built"),
]


def run(room: str, chosen: str, **environment: str) -> None:
    subprocess.run([program(room), f"--gtest_filter={chosen}"], env={**os.environ, **environment}, check=True)


def test_the_store_keeps_what_it_acknowledged():
    with PowerCut() as disk:
        run("storage", "PowerCut.*", REELVAULT_TEST_POWERCUT=str(disk.folder))


def test_the_store_works_on_this_disk():
    with PowerCut() as disk:
        run("storage", "*Local*:OpenFiles.*", TMPDIR=str(disk.path))


def test_the_database_keeps_what_it_acknowledged():
    with PowerCut() as disk:
        run("db", "PowerCut.*", REELVAULT_TEST_POWERCUT=str(disk.folder))
