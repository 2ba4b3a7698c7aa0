"""A watched bucket: what comes to rest in its store is registered by itself, never half a file."""
import os
import threading
import time

import pytest
from reelvault_server import Server

from test_import import put_what_cannot_be_taken, run as run_import

DATABASES = ["sqlite"] + (["postgres"] if os.environ.get("REELVAULT_TEST_POSTGRES") else [])


@pytest.fixture(scope="module", params=DATABASES)
def watching(request):
    with Server(request.param, {"watch.interval_s": "1", "watch.stable_s": "2"}) as running:
        yield running


@pytest.fixture
def inbox(watching, request):
    admin = watching.admin()
    name = f"inbox {time.monotonic_ns()}"
    bucket = admin.ok("POST", "/admin/bucket", json={"name": name, "prefix": name, "watched": True})
    bucket["root"] = watching.data_dir / "blobs" / name
    bucket["root"].mkdir()
    bucket["api"] = admin
    yield bucket
    admin.ok("PATCH", f"/admin/bucket/{bucket['id']}", json={"watched": False})


def children(inbox, folder=None):
    return {item["displayName"]: item for item in inbox["api"].ok("GET", f"/asset/{folder or inbox['id']}/children?pageSize=500")["items"]}


def status(inbox):
    return inbox["api"].ok("GET", f"/admin/bucket/{inbox['id']}/watch")


def look_again(inbox):
    """Waits for two whole looks."""
    for _ in range(2):
        before = status(inbox)["lastEndedAt"]
        inbox["api"].wait(lambda before=before: status(inbox)["lastEndedAt"] != before)


def test_what_cannot_be_registered_shows_with_its_reason_once(watching, inbox):
    reasons = put_what_cannot_be_taken(inbox["root"], watching.data_dir / "outside.txt")
    inbox["api"].wait(lambda: status(inbox)["failedCount"] == 5 and "day" in children(inbox), 30)
    told = status(inbox)
    assert {f["objectKey"]: f["error"] for f in told["failures"]} == reasons and told["ignoredCount"] == 2
    look_again(inbox)
    assert [f["attempts"] for f in status(inbox)["failures"]] == [1] * 5, "not at each look anew"
    assert status(inbox)["failures"] == told["failures"]
    assert watching.log().count("leads nowhere") == 1
    # Mended, it is registered; gone, it is forgotten.
    (inbox["root"] / "broken.txt").unlink()
    (inbox["root"] / "broken.txt").write_bytes(b"whole")
    for name in ("out.txt", "linked", "pipe"):
        (inbox["root"] / name).unlink()
    inbox["api"].wait(lambda: "broken.txt" in children(inbox) or None, 90)
    inbox["api"].wait(lambda: [f["objectKey"] for f in status(inbox)["failures"]] == ["day/bad\\xff.txt"], 30)
    assert status(inbox)["failedCount"] == 1


def test_what_may_not_be_read_waits_for_the_permission():
    """Nothing is made of it that only its jobs would find to be of no use."""
    server = Server("sqlite", {"watch.interval_s": "1", "watch.stable_s": "0"})
    as_nobody = ()
    if os.geteuid() == 0:  # who may read everything
        as_nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        os.chown(server.data_dir, 65534, 65534)
    try:
        admin = server.start(wrapper=as_nobody).admin()
        bucket = admin.ok("POST", "/admin/bucket", json={"name": "inbox", "prefix": "inbox", "watched": True})
        root = server.data_dir / "blobs" / "inbox"
        root.mkdir()
        for name in ("closed.txt", "open.txt"):
            (root / name).write_bytes(b"some text")
        os.chmod(root / "closed.txt", 0)
        box = {**bucket, "api": admin}
        admin.wait(lambda: "open.txt" in children(box), 30)
        (failure,) = admin.wait(lambda: status(box)["failures"], 30)
        assert (failure["objectKey"], failure["error"]) == ("closed.txt", "The server has no permission to open it.")
        assert set(children(box)) == {"open.txt"}
        os.chmod(root / "closed.txt", 0o644)
        found = admin.wait(lambda: children(box).get("closed.txt"), 30)
        assert admin.wait_settled(found["id"])["assetStatusName"] == "Available"
        admin.wait(lambda: status(box)["failedCount"] == 0, 30)
        # It is there, if out of reach: not what is missing.
        os.chmod(root / "closed.txt", 0)
        code, numbers, said = run_import(server, bucket, ".", "--remove-missing")
        assert (code, numbers["removed"], numbers["failed"]) == (1, 0, 1), said
        assert run_import(server, bucket, "closed.txt")[1]["failed"] == 1
    finally:
        server.close()


def test_what_has_come_to_rest_is_registered(inbox):
    (inbox["root"] / "day 1").mkdir()
    (inbox["root"] / "day 1" / "a.txt").write_bytes(b"hello")
    (inbox["root"] / "empty.txt").write_bytes(b"")
    (inbox["root"] / ".hidden.txt").write_bytes(b"x")
    (inbox["root"] / "b.txt.part").write_bytes(b"x")
    found = inbox["api"].wait(lambda: (lambda c: c if {"day 1", "empty.txt"} <= set(c) else None)(children(inbox)), 30)
    assert set(found) == {"day 1", "empty.txt"}
    inside = inbox["api"].wait(lambda: children(inbox, found["day 1"]["id"]))
    asset = inbox["api"].wait_settled(inside["a.txt"]["id"])
    assert inbox["api"].get(asset["downloadUrl"]).content == b"hello"
    look_again(inbox)
    told = status(inbox)
    assert told["watched"] and (told["objectCount"], told["ignoredCount"], told["waitingCount"], told["failedCount"]) == (2, 2, 0, 0)
    assert set(children(inbox)) == {"day 1", "empty.txt"}


def test_a_file_that_grows_is_not_taken_before_it_is_whole(inbox):
    done = threading.Event()

    def write():
        with open(inbox["root"] / "growing.txt", "wb", buffering=0) as file:
            for _ in range(14):
                file.write(b"line\n")
                time.sleep(0.5)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert "growing.txt" not in children(inbox)
        time.sleep(0.1)
    writer.join()
    found = inbox["api"].wait(lambda: children(inbox).get("growing.txt"), 30)
    assert found["size"] == 70
    assert inbox["api"].wait_settled(found["id"])["version"] == 1


def test_times_that_are_set_back_do_not_deceive(inbox):
    """A copy that keeps its source's time, still at the same size (allocated beforehand), is told by its ctime."""
    path = inbox["root"] / "copied.txt"
    path.write_bytes(b"\0" * 64)
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline:
        with open(path, "r+b") as file:
            file.write(b"x")
        os.utime(path, (1_000_000_000, 1_000_000_000))
        assert "copied.txt" not in children(inbox)
        time.sleep(0.4)
    path.write_bytes(b"y" * 64)
    found = inbox["api"].wait(lambda: children(inbox).get("copied.txt"), 30)
    asset = inbox["api"].wait_settled(found["id"])
    assert inbox["api"].get(asset["downloadUrl"]).content == b"y" * 64 and asset["version"] == 1


def test_a_change_becomes_a_version_and_what_was_thrown_away_stays_away(inbox):
    path, other = inbox["root"] / "a.txt", inbox["root"] / "b.txt"
    path.write_bytes(b"one")
    other.write_bytes(b"other")
    found = inbox["api"].wait(lambda: (lambda c: c if len(c) == 2 else None)(children(inbox)), 30)
    inbox["api"].wait_settled(found["a.txt"]["id"])
    path.write_bytes(b"two, longer")
    inbox["api"].wait(lambda: inbox["api"].asset(found["a.txt"]["id"])["version"] == 2, 60)
    inbox["api"].ok("DELETE", f"/admin/asset/{found['b.txt']['id']}")
    look_again(inbox)
    look_again(inbox)
    assert set(children(inbox)) == {"a.txt"}
    inbox["api"].ok("POST", "/admin/asset/Delete", json={"targetIds": [found["b.txt"]["id"]], "actionArguments": {}})
    look_again(inbox)
    look_again(inbox)
    look_again(inbox)
    assert set(children(inbox)) == {"a.txt"} and other.exists()


def test_failures_show_and_are_tried_again(watching, inbox):
    inbox["api"].wait_settled(inbox["api"].upload("folder", b"a file of that name", parentId=inbox["id"])["id"])
    (inbox["root"] / "folder").mkdir()
    (inbox["root"] / "folder" / "a.txt").write_bytes(b"x")
    told = inbox["api"].wait(lambda: (lambda s: s if s["failedCount"] else None)(status(inbox)), 30)
    (failure,) = told["failures"]
    assert failure["objectKey"] == "folder/a.txt" and "is a file" in failure["error"] and failure["attempts"] == 1
    assert failure["nextAttemptAt"] > failure["lastFailedAt"]
    assert "could not be registered" in watching.log()
    (inbox["root"] / "folder" / "a.txt").unlink()
    inbox["api"].wait(lambda: status(inbox)["failedCount"] == 0, 30)


def test_a_bucket_that_is_not_watched_is_left_alone(watching):
    admin = watching.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "quiet", "prefix": "quiet"})
    (watching.data_dir / "blobs" / "quiet").mkdir()
    (watching.data_dir / "blobs" / "quiet" / "a.txt").write_bytes(b"x")
    time.sleep(5)
    assert admin.ok("GET", f"/asset/{bucket['id']}/children")["items"] == []
    assert admin.ok("GET", f"/admin/bucket/{bucket['id']}/watch")["watched"] is False


@pytest.mark.parametrize("database", DATABASES)
def test_a_crash_while_importing_leaves_no_twins(database):
    with Server(database, {"watch.interval_s": "1", "watch.stable_s": "0"}) as own_server:
        crash_while_importing(own_server)


def crash_while_importing(own_server):
    admin = own_server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "inbox", "prefix": "inbox", "watched": True})
    root = own_server.data_dir / "blobs" / "inbox"
    root.mkdir()
    for i in range(400):
        (root / f"{i}.txt").write_bytes(str(i).encode())
    for _ in range(3):
        admin.wait(lambda: admin.ok("GET", f"/asset/{bucket['id']}/children")["totalItemCount"] > 0, 30)
        own_server.kill()
        own_server.start()
        admin = own_server.admin()
    # The node that died held the bucket; after its restart it is the same node, and goes on at once.
    admin.wait(lambda: admin.ok("GET", f"/asset/{bucket['id']}/children")["totalItemCount"] == 400, 60)
    assert own_server.rows("select count(*) from asset where asset_type = 2") == [["400"]]
    assert own_server.rows("select count(*) from registered_object") == [["400"]]
