"""A bucket's quota: reserved when an upload starts, settled when it completes, given back when it is cancelled."""
import concurrent.futures
import uuid

import pytest


@pytest.fixture
def bucket(admin):
    made = admin.ok("POST", "/admin/bucket", json={"name": f"quota-{uuid.uuid4().hex[:8]}", "quotaBytes": 1000})
    return made["asset"] if "asset" in made else made


def start(api, folder, size, **more):
    return api.post("/asset/upload/start", json={"fileName": f"{uuid.uuid4().hex}.bin", "fileSize": size, "parentId": folder["id"], **more})


def refused(answer):
    assert answer.status_code == 409 and answer.json()["type"].endswith("quota-exceeded"), answer.text
    return {key: answer.json()[key] for key in ("quotaBytes", "usedBytes", "reservedBytes", "requestedBytes")}


def test_a_start_that_does_not_fit_is_refused_with_the_numbers(admin, bucket):
    below = admin.folder(admin.folder(bucket["id"], "a")["id"], "b")
    admin.upload("kept.bin", b"x" * 300, parentId=below["id"])
    opened = start(admin, bucket, 500)
    assert opened.status_code == 201 or opened.status_code == 200, opened.text
    assert refused(start(admin, below, 201)) == {"quotaBytes": 1000, "usedBytes": 300, "reservedBytes": 500, "requestedBytes": 201}
    assert start(admin, below, 0).status_code < 300
    # Nothing of the refused one is left.
    assert [item["displayName"] for item in admin.ok("GET", f"/asset/{below['id']}/children")["items"] if item["size"]] == ["kept.bin"]
    assert start(admin, below, 200).status_code < 300


def test_cancelling_gives_back_and_completing_settles(admin, bucket):
    first = start(admin, bucket, 900).json()
    refused(start(admin, bucket, 200))
    assert admin.post(f"/asset/upload/{first['id']}/cancel").status_code < 300
    asset = admin.upload("whole.bin", b"y" * 1000, parentId=bucket["id"])
    assert refused(start(admin, bucket, 1)) == {"quotaBytes": 1000, "usedBytes": 1000, "reservedBytes": 0, "requestedBytes": 1}
    admin.wait_settled(asset["id"])
    refused(start(admin, bucket, 1, replacesAssetId=asset["id"], parentId=None))
    assert admin.delete(f"/admin/asset/{asset['id']}").status_code < 300
    assert start(admin, bucket, 1000).status_code < 300


def test_changing_the_quota_acts_at_once(admin, bucket):
    assert admin.patch(f"/admin/bucket/{bucket['id']}", json={"quotaBytes": 10}).status_code == 200
    refused(start(admin, bucket, 11))
    assert admin.patch(f"/admin/bucket/{bucket['id']}", json={"quotaBytes": None}).status_code == 200
    assert start(admin, bucket, 10 ** 6).status_code < 300


def test_starts_at_once_never_exceed_it(server, admin, bucket):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: start(admin, bucket, 150), range(16)))
    assert sum(answer.status_code < 300 for answer in answers) == 6
    assert all(answer.status_code < 300 or refused(answer) for answer in answers)
