import pathlib
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import run_tests  # noqa: E402

GTEST = """<testsuites tests="3" failures="1" disabled="1">
<testsuite name="A"><testcase name="Passes" status="run" result="completed"/>
<testcase name="Fails" status="run" result="completed"><failure message="no">no</failure><failure>twice</failure></testcase>
<testcase name="Skipped" status="run" result="skipped"><skipped message="not here"/></testcase>
<testcase name="DISABLED_Not" status="notrun" result="suppressed"/></testsuite></testsuites>"""
PYTEST = """<testsuites><testsuite name="pytest" errors="1"><testcase name="a"/>
<testcase name="b"><error message="fixture">x</error></testcase><testcase name="c"><skipped/></testcase></testsuite></testsuites>"""


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(run_tests, "RESULTS", tmp_path)
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("xml, counts", [(GTEST, (1, 1, 2)), (PYTEST, (1, 1, 1))])
def test_cases_are_counted_as_their_runner_means_them(results, xml, counts):
    (results / "x.xml").write_text(xml)
    tally = run_tests.read_report(results / "x.xml")
    assert (tally.passed, tally.failed, tally.skipped) == counts


def test_the_line_of_totals_has_the_form_that_is_read():
    assert str(run_tests.Tally(3, 0, 0)) == "3 passed, 0 failed"
    assert str(run_tests.Tally(3, 1, 2)) == "3 passed, 1 failed, 2 skipped"


def test_a_runner_that_dies_without_a_word_is_a_failure(results, capsys):
    tally = run_tests.run("dies", ["bash", "-c", "echo last words; kill -9 $$ # {report}"], 1)
    assert (tally.passed, tally.failed) == (0, 1)
    assert "last words" in capsys.readouterr().out


def test_a_runner_without_a_report_is_one_test(results):
    assert run_tests.run("good", ["true"], 1).passed == 1
    assert run_tests.run("bad", ["false"], 1).failed == 1


def test_failures_in_the_report_count_once_whatever_the_exit_code(results):
    command = ["bash", "-c", f"cat > {{report}} <<'X'\n{GTEST}\nX\nexit 1"]
    tally = run_tests.run("counted", command, 1)
    assert (tally.passed, tally.failed, tally.skipped) == (1, 1, 2)


def test_a_runner_that_hangs_is_ended_with_all_that_it_started(results):
    tally = run_tests.run("hangs", ["bash", "-c", "sleep 1000 & echo $! > pid; wait"], 0.01, results)
    assert tally.failed == 1
    process = pathlib.Path("/proc", (results / "pid").read_text().strip(), "stat")

    def gone():
        try:
            return process.read_text().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True
    deadline = time.monotonic() + 30  # killed is not yet gone
    while not gone() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert gone()


def test_an_unknown_stage_is_refused():
    refused = subprocess.run([sys.executable, ROOT / "tools/run_tests.py", "nonsense"], capture_output=True, text=True)
    assert refused.returncode == 2 and "nonsense" in refused.stdout
