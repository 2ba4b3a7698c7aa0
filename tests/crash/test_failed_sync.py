"""A disk that fails to sync: what it was told to keep may be lost, whatever it says the next time it is asked."""
import contextlib
import os
import tempfile

import audit
import pytest
from load import CHUNK, Ledger
from machine import Machine
from powercut import PowerCut, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@pytest.fixture
def disk():
    with PowerCut() as disk:
        yield disk


@pytest.fixture
def machine(database, disk):
    """Its blobs alone lie on the disk, so that it is their sync that fails."""
    data_dir = tempfile.mkdtemp(prefix="reelvault-test-")
    os.mkdir(disk.path / "blobs")
    os.symlink(disk.path / "blobs", f"{data_dir}/blobs")
    with contextlib.closing(Machine(database, {"worker.count": 1, "storage.sweep_grace_s": 1}, data_dir)) as machine:
        machine.start()
        yield machine


def begin(api, parts_confirmed, **body):
    content = bytes(range(256)) * ((CHUNK + 2560) // 256)
    upload = api.start_upload("content.bin", len(content), chunkSize=CHUNK, **body)
    for part in upload["parts"][:parts_confirmed]:
        api.send_part(part, content[part["offset"] : part["offset"] + part["length"]])
    return upload, content


def confirm_on_failing_disk(api, disk, upload, content):
    part = upload["parts"][1]
    etag = api.put_part(part, content[part["offset"] :]).headers["ETag"]
    disk.fail_syncs(1)
    return [api.post(f"/asset/upload/part/{part['id']}/complete", {"etag": etag}) for _ in range(2)]


def assert_failed(api, upload):
    assert api.ok("GET", f"/asset/upload/{upload['id']}")["status"] == "Failed"
    answer = api.post(f"/asset/upload/{upload['id']}/complete")
    assert answer.status_code == 409 and answer.json()["type"].endswith("upload-failed")
    assert api.post(f"/asset/upload/{upload['id']}/cancel").status_code == 204


def test_a_part_is_not_confirmed_by_asking_again(machine, disk):
    api = machine.admin()
    upload, content = begin(api, 1)
    first, second = confirm_on_failing_disk(api, disk, upload, content)
    assert first.status_code >= 500 and second.status_code == 409
    machine.kill()
    machine.start()  # which opens the file anew
    assert_failed(machine.admin(), upload)


def test_an_upload_is_not_completed_by_asking_again(machine, disk):
    api = machine.admin()
    upload, _ = begin(api, 2)
    disk.fail_syncs(1)
    assert api.post(f"/asset/upload/{upload['id']}/complete").status_code >= 500
    assert_failed(api, upload)


def test_a_new_asset_is_in_error_and_may_be_sent_again(machine, disk):
    api = machine.admin()
    upload, content = begin(api, 1)
    confirm_on_failing_disk(api, disk, upload, content)
    asset = api.asset(upload["assetId"])
    assert asset["assetStatusName"] == "Error" and "disk" in asset["error"] and asset["downloadUrl"] is None
    upload, content = begin(api, 2, replacesAssetId=asset["id"])
    api.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    asset = api.wait_settled(asset["id"])
    assert asset["assetStatusName"] == "Available" and asset["error"] is None
    assert api.get(asset["downloadUrl"]).content == content


def test_what_was_to_be_filled_or_replaced_is_as_it_was(machine, disk):
    api = machine.admin()
    placeholder = api.ok("POST", f"/admin/asset/{api.root()['id']}/create-placeholder", json={"displayName": "to come"})
    file = api.wait_settled(api.upload("old.bin", b"old")["id"])
    for asset in (placeholder, file):
        upload, content = begin(api, 1, replacesAssetId=asset["id"])
        confirm_on_failing_disk(api, disk, upload, content)
        assert api.asset(asset["id"])["assetStatusName"] == asset["assetStatusName"]
    assert api.get(api.asset(file["id"])["downloadUrl"]).content == b"old"


def test_nothing_stays_of_it(machine, disk):
    api = machine.admin()
    upload, content = begin(api, 1)
    confirm_on_failing_disk(api, disk, upload, content)
    disk.fail_syncs(1)
    assert api.post("/asset/upload/start", {"fileName": "never", "fileSize": 9}).status_code >= 500
    ground = audit.Ground(machine)
    api.wait(ground.is_swept)
    machine.stop()
    assert audit.check_ground(machine, Ledger()) == []
