"""Every status is what somebody sees while a real operation runs, and none stays when the server is killed in it.

The store is slow on demand (support/slow_store.py). Each case begins an operation, sees the status over GET, kills the
server, worker included, and finds the asset at rest after a restart, as the operation would have left it or as it was.
"""
import io
import subprocess
import threading
import wave

import pytest
from conftest import DATABASES
from slow_store import SlowServer

RESTING = {"Available", "Archived", "Placeholder", "Restored", "Error"}


@pytest.fixture(scope="module", params=DATABASES)
def slow(request):
    # A short lease: what a killed worker held is taken up soon.
    with SlowServer(request.param, {"jobs.lease_s": "4"}) as running:
        admin = running.admin()
        running.managed = admin.ok("POST", "/admin/bucket", json={"name": "managed", "prefix": "managed", "managed": True})
        running.second = admin.ok("POST", "/admin/bucket", json={"name": "second", "store": "second"})
        library = next(item for item in admin.ok("GET", "/asset/roots")["items"] if item["displayName"] == "library")
        admin.ok("PATCH", f"/admin/bucket/{library['id']}", json={"archiveStore": "tier"})
        running.seen = set()
        (running.data_dir / "blobs" / "managed").mkdir()
        yield running


@pytest.fixture
def case(slow, request):
    """A folder of its own, and the server at full speed at both ends."""
    slow.speed_up()
    yield Case(slow, request.node.name)
    slow.speed_up()


class Case:
    def __init__(self, server, name):
        self.server = server
        self.admin = server.admin()
        library = next(item for item in self.admin.ok("GET", "/asset/roots")["items"] if item["displayName"] == "library")
        self.folder = self.admin.folder(library["id"], name)

    def status(self, asset):
        name = self.admin.asset(asset["id"])["assetStatusName"]
        self.server.seen.add(name)
        return name

    def sees(self, asset, status, timeout=60):
        self.admin.wait(lambda: self.status(asset) == status, timeout)

    def in_background(self, call):
        """For what only answers when the slow store has."""
        def run():
            try:
                call()
            except Exception:  # noqa: BLE001: the server is killed under it
                pass
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def kill_and_restart(self):
        self.server.kill()
        self.server.speed_up()
        self.server.start()
        self.admin = self.server.admin()

    def rests(self, asset, *statuses):
        found = self.admin.wait(lambda: self.status(asset) in RESTING and self.admin.asset(asset["id"]), 90)
        assert found["assetStatusName"] in (statuses or ("Available",)), found
        return found

    def text(self, name="a.txt", content=b"some text", **more):
        return self.rests(self.admin.upload(name, content, **{"parentId": self.folder["id"], **more}))

    def registered(self, key, content=b"some text"):
        (self.server.data_dir / "blobs" / "managed" / key).write_bytes(content)
        return self.rests(self.admin.ok("POST", "/admin/asset/register", json={"bucketName": "managed", "objectKey": key}))

    def content(self, asset):
        return self.admin.get(self.admin.asset(asset["id"])["downloadUrl"]).content

    def archived(self, name, content=b"some text"):
        asset = self.text(name, content)
        self.admin.ok("POST", f"/admin/asset/{asset['id']}/archive", json={})
        return self.rests(asset, "Archived")

    def reaches(self, what):
        """The first read of the copying, its first write, or the sync after the last."""
        self.admin.wait(lambda: self.server.waits("read" if what == "read" else "write"))
        if what == "sync":
            self.server.slow_down("sync")
            self.admin.wait(lambda: self.server.waits("sync"))

    def history(self, asset):
        return [entry["toStatus"] for entry in self.admin.ok("GET", f"/asset/{asset['id']}/history")["items"]]


LONG = b"some text" * 100_000


def sound():
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(256)) * 160)
    return out.getvalue()


def test_uploading(case):
    upload = case.admin.start_upload("a.txt", 5, parentId=case.folder["id"])
    asset = {"id": upload["assetId"]}
    case.sees(asset, "Uploading")
    case.kill_and_restart()
    # An upload is its client's to go on with.
    assert case.status(asset) == "Uploading"
    part = case.admin.ok("GET", f"/asset/upload/{upload['id']}")["parts"][0]
    case.admin.send_part(part, b"hello")
    case.admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    case.rests(asset)


def test_uploading_while_the_store_is_slow(case):
    upload = case.admin.start_upload("a.txt", 5, parentId=case.folder["id"])
    case.admin.send_part(upload["parts"][0], b"hello")
    case.server.slow_down("sync")
    case.in_background(lambda: case.admin.post(f"/asset/upload/{upload['id']}/complete"))
    case.sees({"id": upload["assetId"]}, "Uploading")
    case.kill_and_restart()
    case.admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    case.rests({"id": upload["assetId"]})


def test_assembling(case):
    import hashlib
    content = b"declared"
    case.server.slow_down("read")
    asset = case.admin.upload("a.txt", content, parentId=case.folder["id"], checksum="sha256:" + hashlib.sha256(content).hexdigest())
    case.sees(asset, "Assembling")
    case.kill_and_restart()
    case.rests(asset)


def test_creating(case):
    case.server.slow_down("rename")  # of what was made, into the store
    asset = case.admin.upload("a.wav", sound(), parentId=case.folder["id"])
    case.sees(asset, "Creating")
    case.kill_and_restart()
    assert case.rests(asset)["streamUrl"]


def test_registering(case):
    (case.server.data_dir / "blobs" / "managed" / "r.txt").write_bytes(b"x")
    case.server.slow_down("read")
    asset = case.admin.ok("POST", "/admin/asset/register", json={"bucketName": "managed", "objectKey": "r.txt"})
    assert asset["assetStatusName"] == "Registering"
    case.sees(asset, "Registering")
    case.kill_and_restart()
    case.rests(asset)
    assert "Creating" in case.history(asset)


def test_placeholder_and_slug_replaced(case):
    asset = case.admin.ok("POST", f"/admin/asset/{case.folder['id']}/create-placeholder", json={"displayName": "to come"})
    case.sees(asset, "Placeholder")
    case.server.slow_down("read")
    case.admin.upload("a.txt", b"content", replacesAssetId=asset["id"])
    case.sees(asset, "SlugReplaced")
    case.kill_and_restart()
    found = case.rests(asset)
    assert found["version"] == 1
    history = case.history(asset)
    assert history[:4] == ["Placeholder", "Uploading", "SlugReplaced", "Creating"]


def test_replacing(case):
    asset = case.text()
    case.server.slow_down("read")
    case.admin.upload("b.txt", b"newer", replacesAssetId=asset["id"])
    case.sees(asset, "Replacing")
    case.kill_and_restart()
    assert case.rests(asset)["version"] == 2


def test_renaming(case):
    asset = case.registered("before.txt")
    case.server.slow_down("rename")
    case.admin.ok("PATCH", f"/asset/{asset['id']}", json={"displayName": "after.txt"})
    case.sees(asset, "Renaming")
    case.kill_and_restart()
    found = case.rests(asset)
    assert found["sourceKey"] == "after.txt" and case.admin.get(found["downloadUrl"]).content == b"some text"


def test_renaming_cut_off_after_the_object_was_renamed(case):
    asset = case.registered("early.txt")
    case.server.slow_down("sync")  # of the folder, after the rename in it
    case.admin.ok("PATCH", f"/asset/{asset['id']}", json={"displayName": "late.txt"})
    case.admin.wait(lambda: (case.server.data_dir / "blobs" / "managed" / "late.txt").exists())
    case.sees(asset, "Renaming")
    case.kill_and_restart()
    found = case.rests(asset)
    assert found["sourceKey"] == "late.txt" and case.admin.get(found["downloadUrl"]).content == b"some text"


def test_moving(case):
    asset = case.text()
    case.server.slow_down("sync")
    case.admin.ok("POST", f"/admin/asset/{asset['id']}/move", json={"parentId": case.server.second["id"], "onConflict": "rename"})
    case.sees(asset, "Moving")
    case.kill_and_restart()
    assert case.admin.get(case.rests(asset)["downloadUrl"]).content == b"some text"


def test_moving_within_a_managed_bucket(case):
    asset = case.registered("to move.txt")
    folder = case.admin.folder(case.server.managed["id"], "folder")
    case.server.slow_down("rename")
    case.admin.ok("POST", f"/admin/asset/{asset['id']}/move", json={"parentId": folder["id"]})
    case.sees(asset, "Moving")
    case.kill_and_restart()
    assert case.rests(asset)["sourceKey"] == "folder/to move.txt"


def test_copying(case):
    asset = case.text()
    case.server.slow_down("sync")
    copy = case.admin.ok("POST", f"/admin/asset/{asset['id']}/copy", json={"parentId": case.server.second["id"], "onConflict": "rename"})
    case.sees(copy, "Copying")
    case.kill_and_restart()
    assert case.admin.get(case.rests(copy)["downloadUrl"]).content == b"some text"


def test_updating(case):
    asset = case.rests(case.admin.upload("a.wav", sound(), parentId=case.folder["id"]))
    case.server.slow_down("read")
    case.admin.ok("POST", f"/admin/asset/{asset['id']}/reprocess", json={})
    case.sees(asset, "Updating")
    case.kill_and_restart()
    case.rests(asset)


def film(seconds=4):
    """Pictures and nothing more, as MP4."""
    words = f"ffmpeg -v error -f lavfi -i testsrc=s=128x72:r=25:d={seconds} -c:v libx264 -preset ultrafast -pix_fmt yuv420p -movflags frag_keyframe+empty_moov -f mp4 -"
    return subprocess.run(words.split(), check=True, capture_output=True).stdout


@pytest.mark.parametrize("what", ["rename", "sync"])
def test_clipping(case, what):
    source = case.rests(case.admin.upload("a.mp4", film(), parentId=case.folder["id"]))
    case.server.slow_down(what)  # of what was cut, into the store
    clip = case.admin.ok("POST", f"/asset/{source['id']}/clip", json={"startTimecode": 1, "endTimecode": 3})
    case.sees(clip, "Clipping")
    case.admin.wait(lambda: case.server.waits(what))
    assert case.status(clip) == "Clipping"
    case.kill_and_restart()
    found = case.rests(clip)
    assert found["durationMs"] == 2000 and case.history(clip)[:3] == ["Clipping", "Creating", "Available"]


def test_deleting(case):
    root = case.server.data_dir / "blobs" / "managed" / "many"
    root.mkdir()
    keys = [f"many/{i}.bin" for i in range(1500)]
    for key in keys:
        (root.parent / key).write_bytes(b"")
    for first in range(0, len(keys), 500):
        case.admin.ok("POST", "/admin/asset/register-many", json={"bucketName": "managed", "objectKeys": keys[first:first + 500], "process": False})
    folder = case.admin.ok("GET", "/admin/asset?bucketName=managed&objectKey=many")
    answer = case.admin.post("/admin/asset/Delete", {"targetIds": [folder["id"]], "actionArguments": {}})
    assert answer.status_code == 202
    case.sees(folder, "Deleting")
    case.kill_and_restart()
    case.admin.wait(lambda: case.admin.get(f"/asset/{folder['id']}").status_code == 404, 120)
    case.admin.wait(lambda: not list(root.glob("*")), 120)


def test_archiving_and_what_waits_for_it(case):
    first, second = case.text("a.txt"), case.text("b.txt", b"other text")
    case.server.slow_down("read")
    case.admin.ok("POST", f"/admin/asset/{first['id']}/archive", json={})
    case.sees(first, "Archiving")
    case.admin.ok("POST", f"/admin/asset/{second['id']}/archive", json={})
    case.sees(second, "PendingArchive")
    case.kill_and_restart()
    for asset in (first, second):
        assert case.rests(asset, "Archived")["storageClass"] == "ARCHIVE"
        assert case.history(asset)[-3:] == ["PendingArchive", "Archiving", "Archived"]
        refused = case.admin.get(asset["downloadUrl"])
        assert refused.status_code == 409 and refused.json()["assetStatusName"] == "Archived"


def test_restoring_and_what_waits_for_it(case):
    first, second = case.archived("a.txt"), case.archived("b.txt", b"other text")
    case.server.slow_down("read")
    case.admin.ok("POST", f"/asset/{first['id']}/restore", json={})
    case.sees(first, "Restoring")
    case.admin.ok("POST", f"/asset/{second['id']}/restore", json={})
    case.sees(second, "PendingRestore")
    case.kill_and_restart()
    for asset, content in ((first, b"some text"), (second, b"other text")):
        assert case.rests(asset, "Restored")["storageClass"] == "STANDARD"
        assert case.history(asset)[-3:] == ["PendingRestore", "Restoring", "Restored"]
        assert case.content(asset) == content


def batch(case, action, ids, **arguments):
    answer = case.admin.post(f"/admin/asset/{action}", {"targetIds": ids, "actionArguments": arguments})
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "Queued" and {r["status"] for r in answer.json()["results"]} == {"Queued"}
    return answer.json()["batchId"]


def found(case, batch_id):
    return case.admin.ok("GET", f"/admin/batch/{batch_id}")


def test_a_batch_lasts_as_long_as_its_bytes_move(case):
    """Whatever moves bytes; killed in it, and its end told once all of it has ended."""
    inner = case.admin.folder(case.folder["id"], "inner")
    first = case.text("first.txt")
    second, third, fourth = (case.text(f"{n}.txt", f"the {n}".encode(), parentId=inner["id"]) for n in range(1, 4))
    there = case.admin.folder(case.server.second["id"], case.folder["displayName"][:40])
    case.server.slow_down("read")
    archived = batch(case, "Archive", [first["id"]])
    case.sees(first, "Archiving")
    copied = batch(case, "Copy", [second["id"]], parentId=there["id"])
    moved = batch(case, "Move", [inner["id"], third["id"]], parentId=there["id"])
    mine = [archived, copied, moved]
    assert {b["batchId"] for b in case.admin.ok("GET", "/admin/batch?state=open")["items"]} >= set(mine)
    assert not any(found(case, b)["endedAt"] for b in mine)
    case.kill_and_restart()
    for each in mine:
        case.admin.wait(lambda: found(case, each)["endedAt"], 90)
        assert found(case, each)["status"] == "Succeeded", found(case, each)
    copy = found(case, copied)["results"][0]["newId"]
    assert case.content({"id": copy}) == b"the 1" and case.content(third) == b"the 2"
    for asset in (second, third, fourth):
        assert case.admin.asset(asset["id"])["assetStatusName"] == "Available"
    assert len(list(case.server.home.glob("second/**/*.blob"))) >= 4


def test_a_batch_waits_for_a_restore_that_another_asked_for_and_fails_with_what_is_deleted(case):
    first, second = case.archived("a.txt"), case.archived("b.txt", b"other text")
    case.server.slow_down("read")
    case.admin.ok("POST", f"/asset/{first['id']}/restore", json={})
    restored = batch(case, "Restore", [first["id"], second["id"]])
    case.sees(first, "Restoring")
    case.admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [second["id"]], "actionArguments": {}})
    now = found(case, restored)
    assert [r["status"] for r in now["results"]] == ["Queued", "Failed"] and not now["endedAt"]
    case.server.speed_up()
    case.admin.wait(lambda: found(case, restored)["endedAt"], 60)
    assert found(case, restored)["status"] == "PartiallyFailed"
    assert case.content(first) == b"some text"


@pytest.mark.parametrize("what", ["read", "write", "sync"])
@pytest.mark.parametrize("route, passing, last", [("/admin/asset/{}/archive", "Archiving", "Archived"), ("/asset/{}/restore", "Restoring", "Restored")],
                         ids=["archiving", "restoring"])
def test_archiving_and_restoring_cut_off(case, route, passing, last, what):
    asset = case.text("a.txt", LONG) if last == "Archived" else case.archived("a.txt", LONG)
    case.server.slow_down("read" if what == "read" else "write")
    case.admin.ok("POST", route.format(asset["id"]), json={})
    case.sees(asset, passing)
    case.reaches(what)
    assert case.status(asset) == passing
    case.kill_and_restart()
    case.rests(asset, last)
    if last == "Archived":
        case.admin.ok("POST", f"/asset/{asset['id']}/restore", json={})
        case.rests(asset, "Restored")
    assert case.content(asset) == LONG


def test_archived_and_restored_last(case):
    cold, warm = case.archived("a.txt"), case.archived("b.txt")
    case.admin.ok("POST", f"/asset/{warm['id']}/restore", json={})
    case.sees(warm, "Restored")
    case.kill_and_restart()
    assert (case.status(cold), case.status(warm)) == ("Archived", "Restored")


def test_error(case):
    upload = case.admin.upload("broken.mp4", b"\0\0\0\x18ftypmp42" + b"no film at all" * 100, parentId=case.folder["id"])
    case.sees(upload, "Error")
    case.kill_and_restart()
    assert case.status(upload) == "Error"


def test_none_is_left_in_passing(case):
    names = {int(row[0]) for row in case.server.rows("select distinct status from asset")}
    assert names <= {1, 8, 12, 17, 20}


# The reference's table.
STATUSES = {
    "Available", "Clipping", "Uploading", "Registering", "Creating", "Assembling", "Updating", "Copying", "Moving", "Renaming", "Replacing", "Archiving",
    "PendingArchive", "Archived", "PendingRestore", "Restoring", "Restored", "Deleting", "Placeholder", "SlugReplaced", "Error"}


def test_every_status_was_seen(slow, request):
    ran = {item.originalname for item in request.session.items if item.path == request.path}
    if not ran >= {name for name in globals() if name.startswith("test_")}:
        pytest.skip("only some of the cases ran")
    assert slow.seen == STATUSES
