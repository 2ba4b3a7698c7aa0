"""A managed bucket: registered objects lie where their assets are in the tree, and go with them."""
import concurrent.futures
import time
import uuid

import pytest


@pytest.fixture
def managed(server, admin):
    name = "managed-" + uuid.uuid4().hex[:8]
    bucket = admin.ok("POST", "/admin/bucket", json={"name": name, "prefix": name, "managed": True})
    bucket["root"] = server.data_dir / "blobs" / name
    bucket["root"].mkdir()
    return bucket


def put(bucket, key, content=b"some text"):
    path = bucket["root"] / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def register(admin, bucket, key, content=b"some text"):
    put(bucket, key, content)
    return admin.wait_settled(admin.ok("POST", "/admin/asset/register", json={"bucketName": bucket["displayName"], "objectKey": key})["id"])


def files(bucket):
    return {str(path.relative_to(bucket["root"])): path.read_bytes() for path in bucket["root"].rglob("*") if path.is_file()}


def in_order(admin, asset, key):
    """Waits until the asset is at rest with its object at `key`."""
    return admin.wait(lambda: (lambda a: a if (a["assetStatusName"], a["sourceKey"]) == ("Available", key) else None)(admin.asset(asset["id"])), 30)


def test_renaming_renames_the_object(admin, managed):
    asset = register(admin, managed, "a/one.txt", b"hello")
    answer = admin.ok("PATCH", f"/asset/{asset['id']}", json={"displayName": "two.txt"})
    assert answer["displayName"] == "two.txt" and answer["assetStatusName"] == "Renaming"
    asset = in_order(admin, asset, "a/two.txt")
    assert files(managed) == {"a/two.txt": b"hello"}
    assert admin.get(asset["downloadUrl"]).content == b"hello"
    again = admin.post("/admin/asset/register", {"bucketName": managed["displayName"], "objectKey": "a/two.txt"})
    assert (again.status_code, again.json()["id"], again.json()["version"]) == (200, asset["id"], 1)
    statuses = [entry["toStatus"] for entry in admin.ok("GET", f"/asset/{asset['id']}/history")["items"]]
    assert "Renaming" in statuses and statuses[-1] == "Available"
    assert "relocate" in {job["jobType"] for job in admin.ok("GET", f"/admin/asset/{asset['id']}/job-history")["items"]}


def test_moving_moves_the_object_and_leaves_no_empty_folder(admin, managed):
    asset = register(admin, managed, "from/deep/one.txt", b"hello")
    to = admin.folder(managed["id"], "to")
    admin.ok("POST", f"/admin/asset/{asset['id']}/move", json={"parentId": to["id"]})
    in_order(admin, asset, "to/one.txt")
    assert files(managed) == {"to/one.txt": b"hello"}
    assert not (managed["root"] / "from").exists()


def test_a_folder_takes_all_below_with_it(admin, managed):
    assets = [register(admin, managed, f"reel/{'ab'[i % 2]}/{i}.txt", str(i).encode()) for i in range(6)]
    folder = admin.ok("GET", f"/admin/asset?bucketName={managed['displayName']}&objectKey=reel")
    admin.ok("PATCH", f"/asset/{folder['id']}", json={"displayName": "reel 7"})
    for i, asset in enumerate(assets):
        in_order(admin, asset, f"reel 7/{'ab'[i % 2]}/{i}.txt")
    assert files(managed) == {f"reel 7/{'ab'[i % 2]}/{i}.txt": str(i).encode() for i in range(6)}


def test_a_key_that_is_taken_gets_a_number_and_nothing_is_overwritten(admin, managed):
    asset = register(admin, managed, "one.txt", b"mine")
    put(managed, "two.txt", b"somebody's")
    admin.ok("PATCH", f"/asset/{asset['id']}", json={"displayName": "two.txt"})
    asset = in_order(admin, asset, "two (2).txt")
    assert files(managed) == {"two.txt": b"somebody's", "two (2).txt": b"mine"}
    assert admin.get(asset["downloadUrl"]).content == b"mine"


def test_names_that_follow_one_another_end_with_the_last(admin, managed):
    asset = register(admin, managed, "0.txt", b"x")
    for i in range(1, 6):
        admin.wait(lambda i=i: admin.patch(f"/asset/{asset['id']}", {"displayName": f"{i}.txt"}).status_code == 200)
    in_order(admin, asset, "5.txt")
    assert files(managed) == {"5.txt": b"x"}


def test_deleting_for_good_removes_the_object_and_the_bin_does_not(admin, managed):
    asset = register(admin, managed, "one.txt", b"x")
    admin.ok("DELETE", f"/admin/asset/{asset['id']}")
    time.sleep(1)
    assert files(managed) == {"one.txt": b"x"}
    admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [asset["id"]], "actionArguments": {}})
    admin.wait(lambda: files(managed) == {}, 30)


def test_a_copy_keeps_the_object_that_it_shares(admin, managed):
    asset = register(admin, managed, "one.txt", b"shared")
    copy = admin.ok("POST", f"/admin/asset/{asset['id']}/duplicate")
    copied = admin.wait(lambda: [item for item in admin.ok("GET", f"/asset/{managed['id']}/children")["items"] if item["id"] != asset["id"]], 30)[0]
    admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [asset["id"]], "actionArguments": {}})
    time.sleep(1)
    assert files(managed) == {"one.txt": b"shared"}, copy
    assert admin.get(admin.asset(copied["id"])["downloadUrl"]).content == b"shared"


def test_in_other_buckets_nothing_is_touched(server, admin):
    name = "plain-" + uuid.uuid4().hex[:8]
    bucket = admin.ok("POST", "/admin/bucket", json={"name": name, "prefix": name})
    bucket["root"] = server.data_dir / "blobs" / name
    bucket["root"].mkdir()
    asset = register(admin, bucket, "one.txt", b"x")
    admin.ok("PATCH", f"/asset/{asset['id']}", json={"displayName": "two.txt"})
    admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [asset["id"]], "actionArguments": {}})
    time.sleep(1)
    assert files(bucket) == {"one.txt": b"x"}


def test_a_rename_while_processing_waits_for_it(admin, managed):
    put(managed, "one.txt", b"x" * 1000)
    asset = admin.ok("POST", "/admin/asset/register", json={"bucketName": managed["displayName"], "objectKey": "one.txt"})
    admin.ok("PATCH", f"/asset/{asset['id']}", json={"displayName": "two.txt"})
    in_order(admin, asset, "two.txt")
    assert admin.wait(lambda: admin.asset(asset["id"])["checksum"])
    assert files(managed) == {"two.txt": b"x" * 1000}


def test_a_crash_between_renaming_and_saying_so_is_mended(own_server):
    admin = own_server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "managed", "prefix": "managed", "managed": True})
    bucket["root"] = own_server.data_dir / "blobs" / "managed"
    bucket["root"].mkdir()
    assets = {i: register(admin, bucket, f"{i}.txt", str(i).encode()) for i in range(12)}
    for round_number in range(4):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            work = [pool.submit(rename_quietly, admin, asset, f"r{round_number} {i}.txt") for i, asset in assets.items()]
            time.sleep(0.03 + 0.04 * round_number)
            own_server.kill()
            concurrent.futures.wait(work)
        own_server.start()
        admin = own_server.admin()
        for i, asset in assets.items():
            now = admin.asset(asset["id"])
            settled = in_order(admin, asset, now["displayName"])
            assert admin.get(settled["downloadUrl"]).content == str(i).encode()
        assert sorted(files(bucket).values()) == sorted(str(i).encode() for i in assets)


def rename_quietly(admin, asset, name):
    try:
        return admin.patch(f"/asset/{asset['id']}", {"displayName": name}).status_code
    except Exception:  # noqa: BLE001: the server was killed
        return None
