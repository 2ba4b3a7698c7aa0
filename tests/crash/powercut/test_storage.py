"""What a power cut leaves of the local store: the tests of src/storage/power_cut_test.cpp on the disk that forgets."""
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from powercut import ROOT, PowerCut, why_not  # noqa: E402

PROGRAMS = sorted(ROOT.glob("build/*/storage_test"), key=lambda path: path.stat().st_mtime)

pytestmark = [
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
    pytest.mark.skipif(not PROGRAMS, reason="storage_test is not built"),
]


def run(disk: PowerCut, chosen: str, **environment: str) -> None:
    subprocess.run([PROGRAMS[-1], f"--gtest_filter={chosen}"], env={**os.environ, **environment}, check=True)


def test_the_store_keeps_what_it_acknowledged():
    with PowerCut() as disk:
        run(disk, "PowerCut.*", REELVAULT_TEST_POWERCUT=str(disk.folder))


def test_the_store_works_on_this_disk():
    with PowerCut() as disk:
        run(disk, "*Local*:OpenFiles.*", TMPDIR=str(disk.path))
