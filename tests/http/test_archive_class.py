"""Archive into S3's storage classes and back, against tests/support/cold_s3.py."""

import pytest
from cold_s3 import ColdS3
from conftest import DATABASES
from reelvault_server import Server, noise


@pytest.fixture(scope="module")
def store():
    cold = ColdS3()
    yield cold
    cold.close()


@pytest.fixture(scope="module", params=DATABASES)
def server(request, store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    (folder / "inbox").mkdir()
    config = folder / "reelvault.toml"
    config.write_text(f"""[stores.cloud]
kind = "s3"
endpoint = "{store.url}"
bucket = "media"
prefix = "{request.param}"
access_key = "someone"
secret_key = "something"

[restore.inbox]
directory = "{folder}/inbox"
""")
    running = Server(request.param, settings={"storage.sweep_grace_s": "1", "archive.poll_s": "1"})
    running.arguments = ["--config", str(config)]
    running.inbox = folder / "inbox"
    with running:
        yield running


def becomes(admin, asset, name):
    return admin.wait(lambda: (found := admin.asset(asset["id"]))["assetStatusName"] == name and found)


def last_job(admin, asset, job_type):
    jobs = [job for job in admin.ok("GET", f"/admin/asset/{asset['id']}/job-history")["items"] if job["jobType"] == job_type]
    return jobs[-1] if jobs else None


# Below and above the size from which an object goes up in parts.
@pytest.mark.parametrize("storage_class, size", [("GLACIER", 100_000), ("DEEP_ARCHIVE", 70 << 20), ("STANDARD_IA", 5000)])
def test_a_class_of_the_same_store(server, store, storage_class, size):
    admin = server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": storage_class.lower(), "store": "cloud", "archiveClass": storage_class})
    content = noise(size)
    asset = admin.wait_settled(admin.upload("film.bin", content, parentId=bucket["id"])["id"])
    admin.wait(lambda: admin.asset(asset["id"]).get("checksum"))
    admin.ok("POST", f"/admin/asset/{asset['id']}/archive", json={})
    asset = becomes(admin, asset, "Archived")
    assert asset["storageClass"] == storage_class
    assert store.of_class(storage_class) == [content]
    admin.wait(lambda: content not in store.of_class("STANDARD"))
    assert admin.get(asset["downloadUrl"]).status_code == 409

    thawed = storage_class == "STANDARD_IA"
    if not thawed:  # a local restore reads it where it is
        admin.ok("POST", f"/asset/{asset['id']}/localRestore", json={"restoreProfileNames": ["inbox"]})
        admin.wait(lambda: store.thaw() == ["Standard"])
        admin.wait(lambda: last_job(admin, asset, "local-restore")["status"] == "Succeeded")
        assert content in [path.read_bytes() for path in server.inbox.iterdir()]
        for found in store.objects.values():
            found["restore"] = None  # the readable copy lapsed
    admin.ok("POST", f"/admin/asset/{asset['id']}/restore", json={"tier": "expedited"})
    if not thawed:
        job = admin.wait(lambda: (found := last_job(admin, asset, "restore"))["error"] and found)
        assert job["error"]["code"] == "thawing" and job["attempt"] <= 1
        assert admin.asset(asset["id"])["assetStatusName"] == "Restoring"
        admin.wait(lambda: store.thaw() == ["Expedited"])
    asset = becomes(admin, asset, "Restored")
    assert asset["storageClass"] == "STANDARD" and last_job(admin, asset, "restore")["error"] is None
    assert admin.get(asset["downloadUrl"]).content == content
    admin.wait(lambda: store.of_class(storage_class) == [])


def test_an_archive_that_the_store_refuses(server, store):
    """Swift and others know no classes: what they answer is told, and the content stays."""
    admin = server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "refused", "store": "cloud", "archiveClass": "GLACIER"})
    asset = admin.wait_settled(admin.upload("film.bin", b"content", parentId=bucket["id"])["id"])
    kind = store.server.RequestHandlerClass
    original = kind.do_PUT

    def refuse(handler):
        if handler.headers.get("x-amz-storage-class"):
            handler.body()
            return handler.fail(400, "InvalidStorageClass")
        return original(handler)
    kind.do_PUT = refuse
    try:
        admin.ok("POST", f"/admin/asset/{asset['id']}/archive", json={})
        admin.wait(lambda: last_job(admin, asset, "archive")["status"] == "Failed")
    finally:
        kind.do_PUT = original
    asset = becomes(admin, asset, "Available")
    assert admin.get(asset["downloadUrl"]).content == b"content"
