"""reelvault import: a whole tree, stopped, repeated, followed."""
import os
import signal
import subprocess
import time
import uuid

import pytest
from reelvault_server import PASSWORD, program


@pytest.fixture
def stock(server, admin):
    # Sorts after the default bucket, which other tests take for the first.
    name = "to-import-" + uuid.uuid4().hex[:8]
    bucket = admin.ok("POST", "/admin/bucket", json={"name": name, "prefix": name})
    bucket["root"] = server.data_dir / "blobs" / name
    bucket["root"].mkdir()
    return bucket


def put(stock, key, content=b"some text"):
    path = stock["root"] / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def command(server, stock, path, *more):
    return [program(), "import", str(path), "--bucket", stock["displayName"], "--server", server.url, "--no-processing", *more]


def environment():
    return {**os.environ, "REELVAULT_PASSWORD": PASSWORD}


def run(server, stock, path, *more, cwd=None):
    """The exit code, the report's numbers, and everything that was printed."""
    done = subprocess.run(command(server, stock, path, *more), env=environment(), capture_output=True, text=True, cwd=cwd, timeout=300)
    numbers = {}
    for line in done.stdout.splitlines():
        name, _, count = line.rstrip().rpartition(" ")
        if not line.startswith(" ") and count.replace(",", "").isdigit():
            numbers[name.strip()] = int(count.replace(",", ""))
    return done.returncode, numbers, done.stdout + done.stderr


def names(admin, folder):
    return sorted(item["displayName"] for item in admin.ok("GET", f"/asset/{folder}/children?pageSize=500")["items"])


def test_a_tree_is_registered_and_repeating_is_harmless(server, admin, stock):
    for i in range(30):
        put(stock, f"day {i % 3}/clip {i}.txt")
    put(stock, ".hidden/x.txt")
    put(stock, "day 0/half.mov.part")
    code, numbers, said = run(server, stock, stock["root"])
    assert code == 0, said
    assert numbers == {"registered": 30, "refreshed": 0, "unchanged": 0, "ignored": 2, "failed": 0}
    assert names(admin, stock["id"]) == ["day 0", "day 1", "day 2"]
    code, numbers, said = run(server, stock, ".")
    assert (code, numbers["registered"], numbers["unchanged"]) == (0, 0, 30), said


def put_what_cannot_be_taken(root, outside):
    """Five that cannot be registered, two that nobody wants to be."""
    (root / "day").mkdir()
    (root / "day" / "good.txt").write_bytes(b"some text")
    with open(os.fsencode(root) + b"/day/bad\xff.txt", "wb") as file:
        file.write(b"some text")
    outside.write_bytes(b"not of this bucket")
    (root / "out.txt").symlink_to(outside)
    (root / "broken.txt").symlink_to("nowhere.txt")
    (root / "linked").symlink_to("day")
    os.mkfifo(root / "pipe")
    (root / ".#lock").symlink_to("user@host:1")
    (root / "passing.part").symlink_to("nowhere.txt")
    return {
        "day/bad\\xff.txt": "Its name is not valid UTF-8.",
        "out.txt": "It is a link that leads out of the store.",
        "broken.txt": "It is a link that leads nowhere.",
        "linked": "It is a link to a folder, and those are not followed.",
        "pipe": "It is neither a file nor a folder.",
    }


def test_what_cannot_be_taken_is_told_with_reasons(server, admin, stock):
    reasons = put_what_cannot_be_taken(stock["root"], server.data_dir / "outside.txt")
    for again in (False, True):
        code, numbers, said = run(server, stock, ".")
        assert code == 1, said
        assert numbers == {"registered": 0 if again else 1, "refreshed": 0, "unchanged": 1 if again else 0, "ignored": 2, "failed": 5}
        for key, reason in reasons.items():
            assert said.count(f"  {key}: {reason}\n") == 1, said
    assert names(admin, stock["id"]) == ["day"]
    page = admin.ok("GET", f"/admin/bucket/{stock['id']}/object")
    assert {f["objectKey"]: f["error"] for f in page["failures"]} == reasons
    assert (page["listedCount"], page["unchangedCount"], page["ignoredCount"], page["failedCount"]) == (1, 1, 2, 5)
    page = admin.ok("GET", f"/admin/bucket/{stock['id']}/object?below=day")
    assert (page["listedCount"], page["ignoredCount"], page["failedCount"]) == (1, 0, 1)
    code, numbers, _ = run(server, stock, "day")
    assert (code, numbers["failed"]) == (1, 1)


def test_what_cannot_be_taken_is_counted_once_over_all_pages(admin, stock):
    for i in range(5):
        put(stock, f"{i} file.txt")
        (stock["root"] / f"{i} broken.txt").symlink_to("nowhere")
        (stock["root"] / f"{i} file.txt~ broken").symlink_to("nowhere")
    seen, token = [], ""
    while token is not None:
        page = admin.ok("GET", f"/admin/bucket/{stock['id']}/object?pageSize=2&pageToken={token}")
        assert page["failedCount"] >= len(page["failures"])
        seen.append(page["failedCount"])
        token = page["nextPageToken"]
    assert sum(seen) == 10 and len(seen) == 3


def test_path_means_a_folder_here_or_a_key(server, admin, stock):
    put(stock, "a/1.txt")
    put(stock, "b/2.txt")
    put(stock, "c.txt")
    assert run(server, stock, "a")[1]["registered"] == 1
    assert run(server, stock, "b", cwd=stock["root"])[1]["registered"] == 1
    assert run(server, stock, stock["root"] / "c.txt")[1]["registered"] == 1
    code, _, said = run(server, stock, "/etc")
    assert code == 1 and "not in the bucket's folder" in said
    code, _, said = run(server, {"displayName": "no such"}, ".")
    assert code == 1 and "no bucket named" in said


def test_changes_become_versions_and_what_is_gone_goes_to_the_bin_when_asked(server, admin, stock):
    changing, going, staying = put(stock, "x/changing.txt"), put(stock, "x/going.txt"), put(stock, "x/staying.txt")
    assert run(server, stock, ".")[0] == 0
    found = lambda key: admin.ok("GET", f"/admin/asset?bucketName={stock['displayName']}&objectKey={key}")  # noqa: E731
    for key in ("x/changing.txt", "x/going.txt", "x/staying.txt"):
        admin.wait_settled(found(key)["id"])
    changing.write_bytes(b"other text altogether")
    going.unlink()
    code, numbers, said = run(server, stock, ".")
    assert (code, numbers["refreshed"], numbers["unchanged"]) == (0, 1, 1), said
    asset = admin.wait_settled(found("x/changing.txt")["id"])
    assert asset["version"] == 2 and admin.get(asset["downloadUrl"]).content == b"other text altogether"
    assert names(admin, found("x")["id"]) == ["changing.txt", "going.txt", "staying.txt"]
    code, numbers, _ = run(server, stock, ".", "--remove-missing", "--dry-run")
    assert (code, numbers["to remove"]) == (0, 1)
    assert len(names(admin, found("x")["id"])) == 3
    code, numbers, said = run(server, stock, ".", "--remove-missing")
    assert (code, numbers["removed"]) == (0, 1), said
    assert names(admin, found("x")["id"]) == ["changing.txt", "staying.txt"]
    assert staying.exists()


def test_a_path_with_nothing_there_is_a_slip(server, admin, stock):
    code, _, said = run(server, stock, stock["root"] / "typo")
    assert code == 1 and "nothing at" in said
    code, _, said = run(server, stock, "/etc")
    assert code == 1 and "/etc" in said and "?below" not in said


def test_an_unmounted_store_removes_nothing(server, admin, stock):
    put(stock, "a.txt")
    assert run(server, stock, ".")[0] == 0
    (stock["root"] / "a.txt").unlink()
    code, _, said = run(server, stock, ".", "--remove-missing")
    assert code == 1 and "mounted" in said
    assert names(admin, stock["id"]) == ["a.txt"]


def test_failures_are_reported_with_reasons(server, admin, stock):
    put(stock, "folder/a.txt")
    upload = admin.upload("folder", b"a file of that name", parentId=stock["id"])
    admin.wait_settled(upload["id"])
    put(stock, "b.txt")
    code, numbers, said = run(server, stock, ".")
    assert (code, numbers["registered"], numbers["failed"]) == (1, 1, 1), said
    assert "folder/a.txt: \"folder\" in the tree is a file" in said


def test_a_name_that_is_taken_gets_a_number(server, admin, stock):
    admin.wait_settled(admin.upload("a.txt", b"uploaded", parentId=stock["id"])["id"])
    put(stock, "a.txt", b"lying there")
    code, numbers, said = run(server, stock, ".")
    assert (code, numbers["registered"]) == (0, 1), said
    assert names(admin, stock["id"]) == ["a (2).txt", "a.txt"]


def test_it_can_be_stopped_and_goes_on(server, admin, stock):
    for i in range(3000):
        put(stock, f"d{i % 20}/{i}.txt", b"")
    process = subprocess.Popen(command(server, stock, "."), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    total = lambda: admin.ok("GET", f"/admin/bucket/{stock['id']}/object?pageSize=10000")["unchangedCount"]  # noqa: E731
    admin.wait(lambda: total() > 0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "goes on from here" in err
    before = total()
    assert 0 < before < 3000
    code, numbers, said = run(server, stock, ".")
    assert (code, numbers["registered"], numbers["unchanged"]) == (0, 3000 - before, before), said
    started = time.monotonic()
    assert run(server, stock, ".")[1]["unchanged"] == 3000
    assert time.monotonic() - started < 10


def test_help_is_worth_reading():
    said = subprocess.run([program(), "import", "--help"], capture_output=True, text=True).stdout
    for word in ("nothing is copied", "Ctrl-C", "--remove-missing", "--dry-run", "ignored", "bin"):
        assert word in said
