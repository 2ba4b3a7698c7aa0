"""Runs the stages of ./test and adds up what their runners counted.

Every runner writes JUnit XML into build/test-results; its whole output goes into a log beside it, of which the end is
printed when something failed. A runner that ends badly without saying why counts as one failure.
"""
import concurrent.futures
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
RESULTS = ROOT / "build" / "test-results"
PRINTED_LINES = 120
FAILURE_CHARACTERS = 1200
S3_SERVER = ROOT.parent / "shared" / "services" / "s3-server"
S3_PORT = 39640

running: set[subprocess.Popen] = set()
stopping = False


@dataclasses.dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)  # a text each: which case, and its first words why

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def read_report(path: pathlib.Path) -> Tally:
    """Counts test cases themselves: runners differ in what their sums include."""
    tally = Tally()
    if not path.exists():
        return tally
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            tally.failed += 1
            why = next(child for child in case if child.tag in ("failure", "error"))
            words = (why.get("message") or why.text or "").strip()[:FAILURE_CHARACTERS]
            tally.failures.append(f"{case.get('classname')}.{case.get('name')}: {words}")
        elif "skipped" in kinds or case.get("status") == "notrun" or case.get("result") == "skipped":
            tally.skipped += 1
        else:
            tally.passed += 1
    return tally


def end(process: subprocess.Popen) -> None:
    """With all that it started: each runner leads a process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def stop(signal_number, _frame) -> None:
    global stopping
    stopping = True
    for process in list(running):
        end(process)
    sys.exit(128 + signal_number)


def run(name: str, command: list, minutes: int, folder: pathlib.Path = ROOT, **environment) -> Tally:
    """One runner. {report} in a word of the command stands for its JUnit file; without any, the run is one test."""
    report = RESULTS / f"{name}.xml"
    log = RESULTS / f"{name}.log"
    reports = any("{report}" in str(word) for word in [*command, *environment.values()])
    words = [str(word).replace("{report}", str(report)) for word in command]
    variables = {key: str(value).replace("{report}", str(report)) for key, value in environment.items()}
    if stopping:
        return Tally()
    with log.open("w") as output:
        process = subprocess.Popen(
            words, cwd=folder, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        running.add(process)
        try:
            code = process.wait(timeout=minutes * 60)
        except subprocess.TimeoutExpired:
            end(process)
            code = process.wait()
            output.write(f"\n{name} took more than {minutes} minutes and was ended\n")
        running.discard(process)
    tally = read_report(report) if reports else Tally(passed=1 if code == 0 else 0)
    no_tests = name in ("tools", "http", "crash") and code == 5  # pytest's word for an empty folder
    if code != 0 and tally.failed == 0 and not no_tests:
        tally.failed = 1
        tally.failures.append(f"{name}: ended with {code}, see {log.relative_to(ROOT)}")
    if tally.failed:
        lines = log.read_text(errors="replace").splitlines()
        print("\n".join([f"--- {name}: the end of {log.relative_to(ROOT)}", *lines[-PRINTED_LINES:], "---"]), flush=True)
    return tally


def side_by_side(runs: list[tuple], at_once: int = 2) -> Tally:
    """Runners that each keep about one core busy, as many at a time as there are, or more where they wait for much."""
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor(max_workers=at_once) as pool:
        for finished in [pool.submit(run, *arguments) for arguments in runs]:
            tally.add(finished.result())
    return tally


def unit_stage() -> Tally:
    programs = sorted(path for path in BUILD.glob("*_test") if os.access(path, os.X_OK))
    return side_by_side([(f"unit-{path.name}", [path, "--gtest_brief=1", "--gtest_output=xml:{report}"], 15) for path in programs], at_once=3)


def pytest_stage(name: str, minutes: int, *options: str) -> Tally:
    return run(
        name, ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, f"tests/{name}", "--junitxml={report}"],
        minutes, PYTHONDONTWRITEBYTECODE="1",
    )  # fmt: skip


def web_stage() -> Tally:
    web = ROOT / "web"
    runs = [(f"web-{script.replace(':', '-')}", ["npm", "run", "--silent", script], 10, web) for script in ("api:check", "typecheck", "lint", "format:check")]
    # The committed document, of which the client is made, is the one that the program gives.
    stale = f"{BUILD}/bin/reelvault openapi | diff - openapi.json"
    runs.append(("web-openapi", ["bash", "-o", "pipefail", "-c", stale], 1, web))
    tally = side_by_side(runs)
    vitest = ["npm", "run", "--silent", "test", "--", "--reporter=default", "--reporter=junit", "--outputFile.junit={report}"]
    tally.add(run("web-vitest", vitest, 10, web))
    return tally


def browser_stage() -> Tally:
    return run(
        "browser", ["npm", "run", "--silent", "test:browser", "--", "--reporter=list,junit"], 20, ROOT / "web",
        PLAYWRIGHT_JUNIT_OUTPUT_FILE="{report}", PLAYWRIGHT_JUNIT_OUTPUT_NAME="{report}",
    )  # fmt: skip


# name: (what must exist, what runs it)
STAGES = {
    "tools": ("tests/tools", lambda: pytest_stage("tools", 5)),
    "unit": ("src", unit_stage),
    # Mostly waiting for a server: three files at a time, each with servers of its own.
    "http": ("tests/http", lambda: pytest_stage("http", 30, "-n", "3", "--dist", "loadfile")),
    # A few long tests, which mostly wait for what they kill: each by itself, or the last file would run alone.
    "crash": ("tests/crash", lambda: pytest_stage("crash", 30, "-n", "3", "--dist", "load")),
    "web": ("web/package.json", web_stage),
    "browser": ("tests/browser", browser_stage),
}
NEEDS_UNIT_TESTS = {"unit", "crash"}  # crash runs some on a disk that loses its power
NEEDS_PROGRAM = {"http", "crash", "web", "browser"}
NEEDS_SERVICES = {"unit", "http", "crash", "browser"}
NEEDS_WEB = {"http", "web", "browser"}


def start_services(folder: pathlib.Path) -> None:
    """PostgreSQL, and an object store where this machine has one to start; tests of what is missing are skipped."""
    postgres = subprocess.run([ROOT / "tools/postgres", "start", folder], check=True, capture_output=True, text=True)
    os.environ["REELVAULT_TEST_POSTGRES"] = postgres.stdout.strip()
    if S3_SERVER.exists():
        with (RESULTS / "s3-server.log").open("w") as log:  # a file: what it leaves running would hold a pipe open
            command = [S3_SERVER, "start", folder / "s3", str(S3_PORT)]
            started = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if started.returncode == 0:
            os.environ["REELVAULT_TEST_S3"] = f"http://127.0.0.1:{S3_PORT}"
        else:
            print("the object store did not start: its tests are skipped", flush=True)


def stop_services(folder: pathlib.Path) -> None:
    subprocess.run([ROOT / "tools/postgres", "stop", folder], check=False)
    if (folder / "s3").exists():
        subprocess.run([S3_SERVER, "stop", folder / "s3"], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def build(names: list[str]) -> bool:
    commands = []
    if NEEDS_WEB & set(names):
        commands.append([ROOT / "tools/build-web"])
    if (NEEDS_UNIT_TESTS | NEEDS_PROGRAM) & set(names):
        # Configured anew: ./run may have built before the test libraries were there.
        targets = [] if NEEDS_UNIT_TESTS & set(names) else ["reelvault"]
        commands.append([ROOT / "tools/build", "--configure", "release", *targets])
    # At once: the web app's packages are waited for more than worked on.
    building = [subprocess.Popen(command, stdin=subprocess.DEVNULL) for command in commands]
    try:
        return all([process.wait() == 0 for process in building])
    except BaseException:
        for process in building:
            process.kill()
        raise


def main() -> int:
    names = sys.argv[1:] or list(STAGES)
    if unknown := [name for name in names if name not in STAGES]:
        print(f"no such stage: {' '.join(unknown)}; there are {' '.join(STAGES)}")
        return 2
    names = [name for name in names if (ROOT / STAGES[name][0]).exists()]
    started = time.monotonic()
    total = Tally()
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    if not build(names):
        print("the build failed")
        print(Tally(failed=1))
        return 1
    print(f"built in {time.monotonic() - started:.0f} s", flush=True)
    services = pathlib.Path(tempfile.mkdtemp(prefix="reelvault-test-"))
    services.chmod(0o755)  # PostgreSQL runs as a user of its own when this is root
    try:
        if NEEDS_SERVICES & set(names):
            start_services(services)
        os.environ["REELVAULT_TEST_BINARY"] = str(BUILD / "bin" / "reelvault")
        for name in names:
            began = time.monotonic()
            tally = STAGES[name][1]()
            total.add(tally)
            print(f"{name}: {tally.passed} of {tally.passed + tally.failed} in {time.monotonic() - began:.0f} s", flush=True)
    finally:
        stop_services(services)
    for failure in total.failures:  # again at the very end: a log's end often shows what came after the failure
        print(f"FAILED {failure}")
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.exit(main())
