"""Archive and restore: the bytes go into the bucket's archive tier and come back, verified; what is archived can be found,
looked at, moved and copied, and its media answers 409. Local restore copies originals into restore profiles' directories.
"""
import os
import uuid

import pytest
import requests
from conftest import DATABASES
from reelvault_server import Api, Server, noise, sha256
from test_tree import make_user

ARCHIVED = 8


class Library:
    """A server with a second local store as archive, a third as a disk that fails, and two restore profiles."""

    def __init__(self, database, folder):
        self.folder = folder
        for name in ("tape", "inbox"):
            (folder / name).mkdir()
        config = folder / "reelvault.toml"
        config.write_text(f"""[stores.tape]
kind = "local"
root = "{folder}/tape"

[restore.edit-suite]
directory = "{folder}/inbox"

[restore.unplugged]
directory = "{folder}/nowhere"
""")
        self.server = Server(database, settings={"storage.sweep_grace_s": "1"})
        self.server.arguments = ["--config", str(config)]

    def __enter__(self):
        self.server.start()
        self.admin = self.server.admin()
        self.bucket = self.admin.root()
        self.set_tier(archiveStore="tape")
        return self

    def __exit__(self, *_):
        self.server.close()

    def set_tier(self, **settings):
        self.admin.ok("PATCH", f"/admin/bucket/{self.bucket['id']}", json=settings)

    def upload(self, name, content, **more):
        return self.admin.wait_settled(self.admin.upload(name, content, parentId=self.bucket["id"], **more)["id"])

    def status(self, asset_id):
        return self.admin.asset(asset_id)["assetStatusName"]

    def becomes(self, asset_id, *names, timeout=60):
        self.admin.wait(lambda: self.status(asset_id) in names, timeout)
        return self.admin.asset(asset_id)

    def archived(self, name, content, **more):
        asset = self.upload(name, content, **more)
        answer = self.admin.post(f"/admin/asset/{asset['id']}/archive")
        assert answer.status_code == 202, answer.text
        return self.becomes(asset["id"], "Archived")

    def jobs(self, asset_id, job_type):
        return [j for j in self.admin.ok("GET", f"/admin/asset/{asset_id}/job-history")["items"] if j["jobType"] == job_type]

    def history(self, asset_id):
        return self.admin.ok("GET", f"/admin/asset/{asset_id}/history")["items"]

    def files(self, where):
        root = self.server.data_dir / "blobs" if where == "local" else self.folder / where
        return [p for p in root.rglob("*.blob")]

    def blob_of(self, asset_id):
        store, key = self.server.rows(
            "select b.store, b.object_key from asset a join asset_version v on v.asset_id = a.id and v.number = a.version "
            f"join blob b on b.id = v.blob_id where a.uid = {self.uuid(asset_id)}")[0]
        return (self.server.data_dir / "blobs" if store == "local" else self.folder / store) / key

    def uuid(self, text):
        return f"'{text}'" if self.server.database_url else f"x'{text.replace('-', '')}'"


@pytest.fixture(scope="module", params=DATABASES)
def library(request, tmp_path_factory):
    with Library(request.param, tmp_path_factory.mktemp("archive")) as running:
        yield running


@pytest.fixture
def name():
    return f"{uuid.uuid4().hex[:8]}.bin"


def picture():
    """A small PNG, so that there is a thumbnail."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + os.urandom(64 * 3) for _ in range(64))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def test_content_goes_into_the_tier_and_comes_back(library, name):
    content = noise(3_000_000)
    asset = library.upload(name, content)
    hot = library.blob_of(asset["id"])
    assert asset["storageClass"] == "STANDARD"
    answer = library.admin.post(f"/admin/asset/{asset['id']}/archive")
    assert answer.status_code == 202 and answer.json()["assetStatusName"] == "PendingArchive", answer.text
    asset = library.becomes(asset["id"], "Archived")
    assert asset["assetStatus"] == ARCHIVED and asset["storageClass"] == "ARCHIVE"
    cold = library.blob_of(asset["id"])
    assert library.folder / "tape" in cold.parents and cold.read_bytes() == content
    library.admin.wait(lambda: not hot.exists())

    refused = library.admin.get(asset["downloadUrl"])
    assert refused.status_code == 409 and refused.json()["type"].endswith("asset-archived")

    answer = library.admin.post(f"/asset/{asset['id']}/restore", json={"tier": "bulk"})
    assert answer.status_code == 202 and answer.json()["assetStatusName"] == "PendingRestore"
    asset = library.becomes(asset["id"], "Restored")
    assert asset["storageClass"] == "STANDARD"
    assert library.admin.get(asset["downloadUrl"]).content == content
    library.admin.wait(lambda: not cold.exists())
    (archive,), (restore,) = library.jobs(asset["id"], "archive"), library.jobs(asset["id"], "restore")
    assert archive["status"] == restore["status"] == "Succeeded" and archive["progress"] == 100
    assert [h["toStatus"] for h in library.history(asset["id"])][-6:] == [
        "PendingArchive", "Archiving", "Archived", "PendingRestore", "Restoring", "Restored"]


def test_former_versions_go_along(library, name):
    asset = library.upload(name, b"first" * 1000)
    library.admin.upload(name, b"second" * 1000, replacesAssetId=asset["id"])
    library.admin.wait(lambda: library.admin.asset(asset["id"])["version"] == 2)
    library.becomes(asset["id"], "Available")
    library.admin.ok("POST", f"/admin/asset/{asset['id']}/archive", json={})
    library.becomes(asset["id"], "Archived")
    stores = library.server.rows("select b.store from asset a join asset_version v on v.asset_id = a.id join blob b on b.id = v.blob_id "
                                 f"where a.uid = {library.uuid(asset['id'])}")
    assert stores == [["tape"], ["tape"]]
    library.admin.ok("POST", f"/admin/asset/{asset['id']}/restore", json={})
    asset = library.becomes(asset["id"], "Restored")
    assert library.admin.get(asset["downloadUrl"]).content == b"second" * 1000
    assert library.admin.get(asset["downloadUrl"].replace("/original/2/", "/original/1/")).content == b"first" * 1000


def test_without_a_tier_archiving_says_so(library, name):
    bucket = library.admin.ok("POST", "/admin/bucket", json={"name": f"plain-{name}", "store": "local"})
    folder = library.admin.folder(bucket["id"], "Reels")
    asset = library.admin.wait_settled(library.admin.upload(name, b"x", parentId=folder["id"])["id"])
    answer = library.admin.post(f"/admin/asset/{asset['id']}/archive")
    assert answer.status_code == 409 and answer.json()["type"].endswith("no-archive-tier")
    words = answer.json()["detail"]
    assert words.startswith("The asset's bucket has no archive tier")

    def said_of(target):
        batch = library.admin.ok("POST", "/admin/asset/archive", json={"targetIds": [target]})
        ended = library.admin.wait(lambda: (lambda b: b if b["endedAt"] else None)(library.admin.ok("GET", f"/admin/batch/{batch['batchId']}")))
        return ended["results"][0]["error"]["message"]

    assert said_of(asset["id"]) == words
    assert said_of(folder["id"]) == f"{name}: {words}", "of a folder it is said which file it was"
    assert library.status(asset["id"]) == "Available"


def test_assets_tell_whether_they_can_be_archived(library, name):
    admin = library.admin
    bucket = admin.ok("POST", "/admin/bucket", json={"name": f"told-{name}", "store": "local"})
    folder = admin.folder(bucket["id"], "Reels")
    asset = admin.upload(name, b"x", parentId=folder["id"])

    def told():
        [listed] = admin.ok("GET", f"/asset/{folder['id']}/children")["items"]
        [root] = [each for each in admin.ok("GET", "/asset/roots")["items"] if each["id"] == bucket["id"]]
        alone = [admin.ok("GET", f"/asset/{each}") for each in (asset["id"], folder["id"], bucket["id"])]
        return {each["archiveTier"] for each in [listed, root, *alone, admin.ok("GET", f"/asset/{asset['id']}/detail")]}

    assert told() == {False}
    admin.ok("PATCH", f"/admin/bucket/{bucket['id']}", json={"archiveStore": "tape"})
    assert told() == {True}
    admin.ok("PATCH", f"/admin/bucket/{bucket['id']}", json={"archiveStore": None})
    assert told() == {False}


def test_operations_on_an_archived_asset(library, name):
    admin = library.admin
    asset = library.archived(name.replace(".bin", ".png"), picture())
    for operation, body in [("archive", {}), ("reprocess", {})]:
        answer = admin.post(f"/admin/asset/{asset['id']}/{operation}", json=body)
        assert answer.status_code == 409 and answer.json()["assetStatusName"] == "Archived", operation
    answer = admin.post("/asset/upload/start", json={"fileName": "new.png", "fileSize": 1, "replacesAssetId": asset["id"]})
    assert answer.status_code == 409 and answer.json()["type"].endswith("asset-archived")
    for prefix in ("/asset", "/admin/asset"):
        answer = admin.post(f"{prefix}/{asset['id']}/version/{asset['version']}/revert")
        assert answer.status_code == 409 and answer.json()["assetStatusName"] == "Archived", "to what it is already, too"
        assert admin.post(f"{prefix}/{asset['id']}/version/{asset['version'] + 1}/revert").status_code == 404
    assert admin.get(asset["downloadUrl"]).status_code == 409
    assert admin.get(asset["thumbnailUrl"]).status_code == 200
    assert admin.ok("GET", f"/admin/asset/{asset['id']}/detail")["assetStatusName"] == "Archived"
    assert admin.ok("PATCH", f"/admin/asset/{asset['id']}", json={"tags": ["cold"]})["tags"] == ["cold"]
    folder = admin.folder(library.bucket["id"], "cold " + name)
    moved = admin.ok("POST", f"/admin/asset/{asset['id']}/move", json={"parentId": folder["id"]})
    assert moved["parentId"] == folder["id"] and moved["assetStatusName"] == "Archived"
    copied = admin.ok("POST", f"/admin/asset/{asset['id']}/copy", json={"parentId": library.bucket["id"]})
    assert copied["assetStatusName"] == "Archived" and copied["storageClass"] == "ARCHIVE"
    admin.ok("POST", f"/admin/asset/{copied['id']}/restore", json={})
    library.becomes(copied["id"], "Restored")
    assert library.status(asset["id"]) == "Archived"
    assert admin.get(admin.asset(copied["id"])["downloadUrl"]).status_code == 200
    assert admin.delete(f"/admin/asset/{copied['id']}").status_code == 204


def test_a_registered_object_that_changed_while_archived(library, name):
    path = library.server.data_dir / "blobs" / name
    path.write_bytes(b"before")

    def register(expected):
        answer = library.admin.post("/admin/asset/register", json={"bucketName": "library", "objectKey": name})
        assert answer.status_code == expected, answer.text
        return answer.json()

    asset = library.admin.wait_settled(register(201)["id"])
    path.write_bytes(b"a second one")
    register(200)
    library.admin.wait(lambda: library.admin.asset(asset["id"])["version"] == 2)
    library.becomes(asset["id"], "Available")
    # The first content is nowhere any more; that is no reason to keep the second out of the archive.
    library.admin.ok("POST", f"/admin/asset/{asset['id']}/archive", json={})
    library.becomes(asset["id"], "Archived")
    register(200)
    path.write_bytes(b"and a third one")
    refused = register(409)
    assert refused["assetStatusName"] == "Archived" and "Archived" in refused["detail"]
    many = library.admin.ok("POST", "/admin/asset/register-many", json={"bucketName": "library", "objectKeys": [name]})
    assert many["failedCount"] == 1 and many["results"][0]["error"]["code"] == "asset-archived"
    assert library.status(asset["id"]) == "Archived" and library.admin.asset(asset["id"])["version"] == 2
    library.admin.ok("POST", f"/admin/asset/{asset['id']}/restore", json={})
    asset = library.becomes(asset["id"], "Restored")
    assert library.admin.get(asset["downloadUrl"]).content == b"a second one"
    assert [v["available"] for v in library.admin.ok("GET", f"/asset/{asset['id']}/version")["items"]] == [False, True]
    register(200)
    library.admin.wait(lambda: library.admin.asset(asset["id"])["version"] == 3)
    asset = library.becomes(asset["id"], "Available")
    assert library.admin.get(asset["downloadUrl"]).content == b"and a third one"
    assert library.admin.ok("POST", f"/asset/{asset['id']}/version/2/revert")["version"] == 4, "it is ours since it was archived"
    assert library.admin.get(library.admin.asset(asset["id"])["downloadUrl"]).content == b"a second one"


def test_a_copy_keeps_the_bytes_that_it_shares(library, name):
    content = noise(1000)
    asset = library.upload(name, content)
    twin = library.admin.ok("POST", f"/admin/asset/{asset['id']}/duplicate", json={})
    library.admin.ok("POST", f"/admin/asset/{asset['id']}/archive", json={})
    library.becomes(asset["id"], "Archived")
    assert library.status(twin["id"]) == "Available"
    assert library.admin.get(library.admin.asset(twin["id"])["downloadUrl"]).content == content


def damage(library, asset):
    """Flips a bit of its content in the store."""
    library.admin.wait(lambda: library.admin.asset(asset["id"]).get("checksum"))
    blob = library.blob_of(asset["id"])
    times = blob.stat()
    with open(blob, "r+b") as file:
        file.seek(567_890)
        byte = file.read(1)[0]
        file.seek(567_890)
        file.write(bytes([byte ^ 1]))
    os.utime(blob, ns=(times.st_atime_ns, times.st_mtime_ns))
    return blob


def test_one_flipped_byte_and_the_original_stays(library, name):
    content = noise(2_000_000)
    asset = library.upload(name, content)
    blob = damage(library, asset)
    before = set(library.files("tape"))
    library.admin.ok("POST", f"/admin/asset/{asset['id']}/archive", json={})
    library.admin.wait(lambda: library.jobs(asset["id"], "archive")[0]["status"] == "Failed")
    assert library.status(asset["id"]) == "Available"
    assert library.jobs(asset["id"], "archive")[0]["error"]["code"] == "source-damaged"
    last = library.history(asset["id"])[-1]
    assert last["operation"] == "archive-failed" and "checksum" in last["reason"]
    assert blob.exists() and library.blob_of(asset["id"]) == blob
    assert set(library.files("tape")) <= before, "the sweep may take what others left, and nothing came"


def test_restore_is_asked_twice_and_done_once(library, name):
    asset = library.archived(name, noise(20_000_000))
    answers = [library.admin.post(f"/admin/asset/{asset['id']}/restore").status_code for _ in range(2)]
    assert answers == [202, 202]
    library.becomes(asset["id"], "Restored")
    assert len(library.jobs(asset["id"], "restore")) == 1
    assert library.admin.post(f"/admin/asset/{asset['id']}/restore").status_code == 409


def test_restore_arguments(library, name):
    asset = library.archived(name, b"x")
    answer = library.admin.post(f"/admin/asset/{asset['id']}/restore", json={"tier": "yesterday"})
    assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == "/tier"
    answer = library.admin.post("/admin/asset/Restore", json={"targetIds": [asset["id"]], "actionArguments": {"tier": 3}})
    assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == "/actionArguments/tier"
    assert library.status(asset["id"]) == "Archived"


def test_batches(library, name):
    admin = library.admin
    folder = admin.folder(library.bucket["id"], name)
    inside = [admin.wait_settled(admin.upload(f"{i}-{name}", noise(100), parentId=folder["id"])["id"]) for i in range(3)]
    batch = ended(admin, "archive", [folder["id"]])
    assert batch["totalCount"] == 1 and batch["status"] == "Succeeded"
    assert [library.status(asset["id"]) for asset in inside] == ["Archived"] * 3
    unknown = str(uuid.uuid4())
    batch = ended(admin, "RESTORE", [inside[0]["id"], unknown], tier="Expedited")
    assert [r["status"] for r in batch["results"]] == ["Succeeded", "Failed"] and batch["status"] == "PartiallyFailed"
    assert library.status(inside[0]["id"]) == "Restored"
    assert library.status(inside[1]["id"]) == "Archived"


def ended(admin, action, ids, **arguments):
    answer = admin.post(f"/admin/asset/{action}", {"targetIds": ids, "actionArguments": arguments})
    assert answer.status_code in (200, 202), answer.text
    batch = answer.json()["batchId"]
    return admin.wait(lambda: (lambda found: found if found["endedAt"] else None)(admin.ok("GET", f"/admin/batch/{batch}")), 60)


def test_a_batch_tells_what_could_not_be_archived_and_why(library, name):
    admin = library.admin
    folder = admin.folder(library.bucket["id"], name)
    good, bad = [admin.wait_settled(admin.upload(f"{word}-{name}", noise(1_000_000), parentId=folder["id"])["id"]) for word in ("good", "bad")]
    damage(library, bad)
    batch = ended(admin, "Archive", [folder["id"]])
    assert batch["status"] == "Failed" and batch["failedCount"] == 1
    error = batch["results"][0]["error"]
    assert error["code"] == "source-damaged" and error["message"].startswith(f"bad-{name}: ")
    assert [library.status(asset["id"]) for asset in (good, bad)] == ["Archived", "Available"]
    batch = ended(admin, "Archive", [bad["id"], good["id"]])
    assert [r["error"]["code"] for r in batch["results"]] == ["source-damaged", "asset-status"]


def person(library, role, *grants):
    admin = library.admin
    username = "u" + uuid.uuid4().hex[:10]
    user = admin.ok("POST", "/admin/user", json={"username": username, "password": "a long enough password", "role": role})
    for asset_id, permission in grants:
        admin.ok("POST", "/admin/grant", json={"userId": user["id"], "assetId": asset_id, "permission": permission})
    return Api(library.server.url).login(username, "a long enough password")


def test_who_may(library, name):
    asset = library.archived(name, b"content")
    body = {"restoreProfileNames": ["edit-suite"]}
    restore, local = f"/asset/{asset['id']}/restore", f"/asset/{asset['id']}/localRestore"
    nobody, reader = person(library, "editor"), person(library, "editor", (asset["parentId"], "read"))
    viewer, editor = person(library, "viewer", (asset["parentId"], "write")), person(library, "editor", (asset["parentId"], "write"))
    assert nobody.post(restore).status_code == 404
    assert nobody.post(local, json=body).status_code == 404
    assert reader.post(restore).status_code == 403
    assert reader.post(local, json=body).status_code == 403
    assert reader.post("/asset/local-restore", json={"sourceAssetIds": [asset["id"]], **body}).status_code == 403
    assert nobody.post("/asset/local-restore", json={"sourceAssetIds": [asset["id"]], **body}).status_code == 404
    assert viewer.post(restore).status_code == 403
    assert viewer.post(f"/admin/asset/{asset['id']}/restore").status_code == 403
    assert viewer.post(local, json=body).status_code == 202
    assert editor.post(restore).status_code == 202
    library.becomes(asset["id"], "Restored")
    assert reader.post(f"/admin/asset/{asset['id']}/archive").status_code == 403
    assert Api(library.server.url).post(restore).status_code == 401


def test_which_id_local_restore_refuses_does_not_depend_on_their_order(library, name):
    admin = library.admin
    assets = sorted(library.upload(f"{i}-{name}", b"x")["id"] for i in range(2))
    folder = admin.folder(library.bucket["id"], "shut " + name)
    hidden = admin.wait_settled(admin.upload("h.bin", b"x", parentId=folder["id"])["id"])["id"]
    user, viewer = make_user(admin)
    reading = admin.folder(library.bucket["id"], "open " + name)
    admin.ok("POST", "/admin/asset/move", json={"targetIds": assets, "actionArguments": {"parentId": reading["id"]}})
    admin.ok("POST", "/admin/grant", json={"userId": user["id"], "assetId": reading["id"], "permission": "read"})

    def status(*ids):
        return viewer.post("/asset/local-restore", json={"sourceAssetIds": list(ids), "restoreProfileNames": ["edit-suite"]}).status_code

    assert status(*assets) == 403, "readable, and not writable"
    for other in ("00000000-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff", hidden):
        assert status(other) == 404 and status(assets[0], other) == 404 and status(other, assets[0]) == 404, other
    assert not library.jobs(assets[0], "local-restore")


def test_local_restore(library, name):
    content = noise(2_500_000)
    archived = library.archived(name, content)
    hot = library.upload("hot-" + name, b"hot")
    (library.folder / "inbox" / name).write_bytes(b"somebody else's")
    answer = library.admin.post("/asset/local-restore", json={"sourceAssetIds": [archived["id"], hot["id"]], "restoreProfileNames": ["edit-suite"]})
    assert answer.status_code == 202 and len(answer.json()["jobs"]) == 2
    for asset in (archived, hot):
        library.admin.wait(lambda: library.jobs(asset["id"], "local-restore")[0]["status"] == "Succeeded")
    assert library.jobs(archived["id"], "local-restore")[0]["id"] == answer.json()["jobs"][0]["jobId"]
    numbered = name.replace(".bin", " (2).bin")
    assert (library.folder / "inbox" / numbered).read_bytes() == content
    assert (library.folder / "inbox" / name).read_bytes() == b"somebody else's"
    assert (library.folder / "inbox" / ("hot-" + name)).read_bytes() == b"hot"
    assert not [p for p in (library.folder / "inbox").iterdir() if p.name.startswith(".")]
    assert library.status(archived["id"]) == "Archived" and library.status(hot["id"]) == "Available"


def test_local_restore_arguments(library, name):
    asset = library.upload(name, b"x")
    answer = library.admin.post(f"/asset/{asset['id']}/localRestore", json={"restoreProfileNames": ["edit-suite", "no such"]})
    assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == "/restoreProfileNames/1"
    for body in ({}, {"sourceAssetIds": [], "restoreProfileNames": ["edit-suite"]}, {"sourceAssetIds": ["x"], "restoreProfileNames": ["edit-suite"]},
                 {"sourceAssetIds": [asset["id"]], "restoreProfileNames": "edit-suite"}):
        assert library.admin.post("/asset/local-restore", json=body).status_code == 400, body
    unknown = {"sourceAssetIds": [asset["id"], str(uuid.uuid4())], "restoreProfileNames": ["edit-suite"]}
    assert library.admin.post("/asset/local-restore", json=unknown).status_code == 404
    assert not library.jobs(asset["id"], "local-restore")


def test_a_directory_that_is_away_is_told(library, name):
    asset = library.upload(name, b"x")
    library.admin.ok("POST", f"/asset/{asset['id']}/localRestore", json={"restoreProfileNames": ["unplugged"]})
    job = library.admin.wait(lambda: next((j for j in library.jobs(asset["id"], "local-restore") if j["error"]), None))
    assert job["error"]["code"] == "directory-away"
    library.admin.ok("POST", f"/admin/job/{job['id']}/cancel")


def test_cancelled_while_it_waits(library, name):
    """One job at a time: the queue is honest, and what is taken out of it is as it was."""
    first = library.upload("first-" + name, noise(150_000_000))
    second = library.upload(name, b"x")
    library.admin.ok("POST", f"/admin/asset/{first['id']}/archive", json={})
    library.becomes(first["id"], "Archiving", "Archived")
    library.admin.ok("POST", f"/admin/asset/{second['id']}/archive", json={})
    assert library.status(second["id"]) == "PendingArchive"
    library.admin.ok("POST", f"/admin/job/{library.jobs(second['id'], 'archive')[0]['id']}/cancel")
    assert library.status(second["id"]) == "Available"
    library.becomes(first["id"], "Archived")
    assert library.admin.get(library.admin.asset(second["id"])["downloadUrl"]).content == b"x"


def test_a_link_to_what_is_archived_shows_nothing_of_it(library, name):
    asset = library.upload(name + ".png", picture())
    made = library.admin.ok("POST", f"/asset/{asset['id']}/share", json={"allowDownload": True, "password": "pw"})
    door = library.server.url + "/share/" + made["url"].rsplit("/", 1)[1]
    page = requests.post(door + "/open", json={"password": "pw"}).json()
    urls = [page[each] for each in ("thumbnailUrl", "previewUrl", "downloadUrl")]
    assert [requests.get(url).status_code for url in urls] == [200] * 3
    assert library.admin.post(f"/admin/asset/{asset['id']}/archive").status_code == 202
    library.becomes(asset["id"], "Archived")
    assert requests.post(door + "/open", json={"password": "no"}).status_code == 403, "the password is asked first"
    assert requests.post(door + "/open", json={"password": "pw"}).status_code == 409
    assert [requests.get(url).status_code for url in urls] == [409] * 3
    assert library.admin.post(f"/admin/asset/{asset['id']}/restore", {}).status_code == 202
    library.becomes(asset["id"], "Restored", "Available")
    assert requests.post(door + "/open", json={"pass": page["pass"]}).status_code == 200
    assert [requests.get(url).status_code for url in urls] == [200] * 3
