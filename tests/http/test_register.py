"""Registering objects that lie in a bucket's store already."""
import concurrent.futures
import os
import time
import uuid

import pytest
from reelvault_server import Api


@pytest.fixture
def stock(server, admin, request):
    """A bucket of its own on the local store, and its folder."""
    name = "stock-" + uuid.uuid4().hex[:8]
    bucket = admin.ok("POST", "/admin/bucket", json={"name": name, "prefix": name})
    root = server.data_dir / "blobs" / name
    root.mkdir()
    bucket["root"] = root
    return bucket


def put(stock, key, content=b"just some text"):
    path = stock["root"] / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def register(api, stock, key, **more):
    return api.post("/admin/asset/register", {"bucketName": stock["displayName"], "objectKey": key, **more})


def history(admin, asset):
    """The statuses that it went through, when nothing is at work any more that might add one."""
    admin.wait(lambda: all(job["status"] == "Succeeded" for job in admin.ok("GET", f"/admin/asset/{asset['id']}/job-history")["items"]))
    return [entry["toStatus"] for entry in admin.ok("GET", f"/asset/{asset['id']}/history")["items"]]


def test_an_object_is_taken_in_place(server, admin, stock):
    path = put(stock, "rushes/day 1/notes.txt", b"hello")
    answer = register(admin, stock, "rushes/day 1/notes.txt", tags=["a"], customFields={"reel": "7"})
    assert answer.status_code == 201, answer.text
    asset = answer.json()
    assert (asset["assetStatusName"], asset["sourceKey"], asset["size"]) == ("Registering", "rushes/day 1/notes.txt", 5)
    assert asset["path"] == f"/{stock['displayName']}/rushes/day 1/notes.txt"
    assert asset["tags"] == ["a"] and asset["customFields"] == {"reel": "7"}
    asset = admin.wait_settled(asset["id"])
    assert asset["assetStatusName"] == "Available"
    assert admin.get(asset["downloadUrl"]).content == b"hello"
    assert admin.get(asset["downloadUrl"], headers={"Range": "bytes=1-3"}).content == b"ell"
    assert history(admin, asset) == ["Registering", "Creating", "Available"]
    found = admin.ok("GET", f"/admin/asset?bucketName={stock['displayName']}&objectKey=rushes/day 1/notes.txt")
    assert found["id"] == asset["id"]
    assert path.read_bytes() == b"hello"


def test_only_a_slash_separates_in_a_key(admin, stock):
    """What a browser sends as a file's name may be a path of Windows; a store's key is none."""
    put(stock, "AC\\DC/B:side\\take 2.txt")
    asset = admin.wait_settled(register(admin, stock, "AC\\DC/B:side\\take 2.txt").json()["id"])
    assert (asset["displayName"], asset["fileName"]) == ("B:side\\take 2.txt",) * 2
    assert asset["path"] == f"/{stock['displayName']}/AC\\DC/B:side\\take 2.txt"
    put(stock, "typed.txt")
    typed = register(admin, stock, "typed.txt", displayName="Who\\What")
    assert typed.status_code == 201 and typed.json()["displayName"] == "Who\\What", typed.text
    sent = admin.upload("C:\\Users\\me\\AC\\DC.txt", b"words")
    assert (sent["displayName"], sent["fileName"]) == ("DC.txt", "DC.txt")


def test_again_is_the_same_asset_wherever_it_is_named_now(admin, stock):
    path = put(stock, "a.txt", b"one")
    asset = admin.wait_settled(register(admin, stock, "a.txt").json()["id"])
    admin.ok("PATCH", f"/asset/{asset['id']}", json={"displayName": "b.txt"})
    again = register(admin, stock, "a.txt")
    assert (again.status_code, again.json()["id"], again.json()["version"]) == (200, asset["id"], 1)
    path.write_bytes(b"two!")
    changed = register(admin, stock, "a.txt")
    assert (changed.status_code, changed.json()["id"], changed.json()["assetStatusName"]) == (200, asset["id"], "Replacing")
    asset = admin.wait_settled(asset["id"])
    assert (asset["version"], asset["displayName"]) == (2, "b.txt")
    assert admin.get(asset["downloadUrl"]).content == b"two!"


def test_the_same_size_at_another_time_is_a_change(admin, stock):
    path = put(stock, "a.txt", b"one")
    asset = admin.wait_settled(register(admin, stock, "a.txt").json()["id"])
    path.write_bytes(b"two")
    os.utime(path, (time.time() + 5, time.time() + 5))
    register(admin, stock, "a.txt")
    asset = admin.wait_settled(asset["id"])
    assert asset["version"] == 2 and admin.get(asset["downloadUrl"]).content == b"two"


def versions(admin, asset):
    return [(v["version"], v["current"], v["available"]) for v in admin.ok("GET", f"/asset/{asset['id']}/version")["items"]]


def test_a_version_that_was_overwritten_in_its_place_is_gone(admin, stock):
    path = put(stock, "a.txt", b"one")
    asset = admin.wait_settled(register(admin, stock, "a.txt").json()["id"])
    assert versions(admin, asset) == [(1, True, True)]
    path.write_bytes(b"other")
    register(admin, stock, "a.txt")
    asset = admin.wait_settled(asset["id"])
    assert versions(admin, asset) == [(1, False, False), (2, True, True)]
    assert [v["available"] for v in admin.ok("GET", f"/asset/{asset['id']}/detail")["versions"]] == [False, True]
    former = asset["downloadUrl"].replace("/original/2/", "/original/1/")
    assert admin.get(former).status_code == 404
    for prefix in ("/asset", "/admin/asset"):
        answer = admin.post(f"{prefix}/{asset['id']}/version/1/revert")
        assert answer.status_code == 409 and answer.json()["type"].endswith("version-gone"), answer.text
    assert admin.asset(asset["id"])["version"] == 2 and admin.get(asset["downloadUrl"]).content == b"other"
    # What was uploaded over it is ours, and what lies there still can be brought back.
    admin.upload("b.txt", b"uploaded", replacesAssetId=asset["id"])
    asset = admin.wait(lambda: (lambda a: a if a["version"] == 3 and a["assetStatusName"] == "Available" else None)(admin.asset(asset["id"])))
    assert admin.post(f"/asset/{asset['id']}/version/1/revert").status_code == 409
    assert admin.ok("POST", f"/asset/{asset['id']}/version/2/revert")["version"] == 4
    assert admin.get(admin.asset(asset["id"])["downloadUrl"]).content == b"other"
    assert versions(admin, asset) == [(1, False, False), (2, False, True), (3, False, True), (4, True, True)]


@pytest.mark.parametrize("how", ["removed", "longer", "same length", "its folder is gone", "a link that leads out"])
def test_content_that_is_gone_from_its_store_is_told_so(server, admin, stock, how):
    path = put(stock, "there/a.txt", b"0123456789")
    asset = admin.wait_settled(register(admin, stock, "there/a.txt").json()["id"])
    url = asset["downloadUrl"]
    assert admin.get(url).content == b"0123456789"
    assert admin.request("HEAD", url).headers["Content-Length"] == "10"
    times = path.stat()
    if how in ("longer", "same length"):
        path.write_bytes(b"another file" if how == "longer" else b"9876543210")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    else:
        path.unlink()
    if how == "its folder is gone":
        path.parent.rmdir()
    if how == "a link that leads out":
        (server.data_dir / "secret.txt").write_bytes(b"0123456789")
        os.utime(server.data_dir / "secret.txt", ns=(times.st_atime_ns, times.st_mtime_ns))
        path.symlink_to(server.data_dir / "secret.txt")
    for headers in ({}, {"Range": "bytes=2-3"}):
        answer = admin.get(url, headers=headers)
        assert answer.status_code == 409 and answer.headers["Content-Type"].startswith("application/problem+json"), answer.text
        assert answer.json()["type"].endswith("version-gone") and "store" in answer.json()["detail"]
        head = admin.request("HEAD", url, headers=headers)
        assert head.status_code == 409 and head.headers["Content-Type"].startswith("application/problem+json")
        assert "ETag" not in head.headers
    # Put back as it was, it is what it was.
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(b"0123456789")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert admin.get(url, headers={"Range": "bytes=2-3"}).content == b"23"
    assert admin.request("HEAD", url).headers["Content-Length"] == "10"


@pytest.mark.parametrize("how", ["overwritten", "removed"])
def test_a_version_whose_object_was_changed_unseen_is_not_brought_back(admin, stock, how):
    path = put(stock, "a.txt", b"one")
    times = path.stat()
    asset = admin.wait_settled(register(admin, stock, "a.txt").json()["id"])
    admin.upload("b.txt", b"uploaded", replacesAssetId=asset["id"])
    admin.wait(lambda: admin.asset(asset["id"])["version"] == 2 and admin.asset(asset["id"])["assetStatusName"] == "Available")
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(b"two")
    answer = admin.post(f"/asset/{asset['id']}/version/1/revert")
    assert answer.status_code == 409 and answer.json()["type"].endswith("version-gone"), answer.text
    assert admin.get(admin.asset(asset["id"])["downloadUrl"]).content == b"uploaded"
    path.write_bytes(b"one")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert admin.ok("POST", f"/asset/{asset['id']}/version/1/revert")["version"] == 3
    assert admin.get(admin.asset(asset["id"])["downloadUrl"]).content == b"one"


@pytest.mark.parametrize("key", ["../a.txt", "x/../../a.txt", "/etc/hostname", "./a.txt", "a//b.txt", "out.txt", "etc/hostname", "nul\0.txt", ""])
def test_keys_that_lead_elsewhere_are_refused(admin, stock, key):
    os.symlink("/etc/hostname", stock["root"] / "out.txt")
    os.symlink("/etc", stock["root"] / "etc")
    answer = register(admin, stock, key)
    assert answer.status_code == 400, answer.text
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/objectKey"]


def test_the_prefix_is_the_root(server, admin, stock):
    (server.data_dir / "blobs" / "outside.txt").write_bytes(b"x")
    os.symlink("../outside.txt", stock["root"] / "up.txt")
    assert register(admin, stock, "../outside.txt").status_code == 400
    assert register(admin, stock, "outside.txt").status_code == 404


def test_what_is_not_there_is_a_404(admin, stock):
    put(stock, "folder/a.txt")
    for key in ("nothing.txt", "folder", "folder/b.txt", "no/such/folder/a.txt"):
        answer = register(admin, stock, key)
        assert answer.status_code == 404, (key, answer.text)
    assert admin.post("/admin/asset/register", {"bucketName": "no such bucket", "objectKey": "a"}).status_code == 404
    assert admin.ok("GET", f"/asset/{stock['id']}/children")["items"] == []


def test_faults_are_named_all_at_once(admin, stock):
    answer = admin.post("/admin/asset/register", {"objectKey": 5, "process": "yes", "tags": "one"})
    assert answer.status_code == 400
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"/bucketName", "/objectKey", "/process", "/tags"}
    answer = admin.post("/admin/asset/register", {"bucketName": "library", "objectKey": "../up", "process": "yes", "tags": ["", "x"], "customFields": {"list": [1]}})
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"/process", "/objectKey", "/tags/0", "/customFields/list"}
    put(stock, "a.txt")
    both = register(admin, stock, "a.txt", displayName="a/b", tags=[""])
    assert {fault["pointer"] for fault in both.json()["errors"]} == {"/displayName", "/tags/0"}
    assert register(admin, stock, "a.txt", displayName="a/b").json()["errors"][0]["pointer"] == "/displayName"
    assert register(admin, stock, "a.txt", tags=[""]).json()["errors"][0]["pointer"] == "/tags/0"


def test_without_processing_nothing_is_made(server, admin, stock):
    put(stock, "a.wav", wav())
    asset = register(admin, stock, "a.wav", process=False).json()
    asset = admin.wait_settled(asset["id"])
    assert (asset["assetStatusName"], asset["mediaType"], asset["durationMs"]) == ("Available", "audio", 1000)
    jobs = admin.wait(lambda: (lambda items: items if all(job["status"] == "Succeeded" for job in items) else None)(
        admin.ok("GET", f"/admin/asset/{asset['id']}/job-history")["items"]))
    assert {job["jobType"] for job in jobs} == {"checksum", "probe"}
    assert admin.asset(asset["id"])["checksum"]
    assert history(admin, asset) == ["Registering", "Creating", "Available"]


def wav():
    import io
    import wave
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 8000)
    return out.getvalue()


def test_an_empty_file_is_fine(admin, stock):
    put(stock, "empty.txt", b"")
    asset = admin.wait_settled(register(admin, stock, "empty.txt").json()["id"])
    assert (asset["assetStatusName"], asset["size"]) == ("Available", 0)


def test_it_needs_the_role_and_write_where_it_goes(server, admin, stock):
    put(stock, "team/a.txt")
    put(stock, "b.txt")
    team = admin.folder(stock["id"], "team")
    for name, role, permission, on, expected in (("w", "editor", "write", team, 403), ("r", "editor", "read", team, 403), ("s", "editor", None, team, 404),
                                                 ("v", "viewer", "write", stock, 403), ("b", "editor", "read", stock, 403), ("l", "editor", "write", stock, 201)):
        username = name + uuid.uuid4().hex[:8]
        user = admin.ok("POST", "/admin/user", json={"username": username, "password": "a long enough password", "role": role})
        if permission:
            admin.ok("POST", "/admin/grant", json={"assetId": on["id"], "userId": user["id"], "permission": permission})
        api = Api(server.url).login(username, "a long enough password")
        answer = register(api, stock, "team/a.txt", onConflict="rename")
        assert answer.status_code == expected, (name, answer.text)
        if role == "editor" and on is team:
            assert register(api, stock, "b.txt").status_code == 404
    assert Api(server.url).post("/admin/asset/register", {}).status_code == 401


def test_twice_at_once_is_one_asset(admin, stock):
    put(stock, "x/y/a.txt")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: register(admin, stock, "x/y/a.txt"), range(8)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]


def test_many_at_once_stand_each_for_itself(admin, stock):
    for i in range(60):
        put(stock, f"f{i % 3}/{i}.txt")
    keys = [f"f{i % 3}/{i}.txt" for i in range(60)] + ["absent.txt", "../x"]
    answer = admin.post("/admin/asset/register-many", {"bucketName": stock["displayName"], "objectKeys": keys, "process": False})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["registeredCount"], body["unchangedCount"], body["failedCount"]) == (60, 0, 2)
    assert [result["objectKey"] for result in body["results"]] == keys
    assert body["results"][60]["error"]["code"] == "no-object"
    assert body["results"][61]["status"] == "Failed"
    again = admin.post("/admin/asset/register-many", {"bucketName": stock["displayName"], "objectKeys": keys}).json()
    assert (again["registeredCount"], again["unchangedCount"], again["failedCount"]) == (0, 60, 2)
    too_many = admin.post("/admin/asset/register-many", {"bucketName": stock["displayName"], "objectKeys": ["a"] * 501})
    assert too_many.status_code == 400 and too_many.json()["errors"][0]["pointer"] == "/objectKeys"


def test_a_crash_leaves_nothing_registering(own_server):
    admin = own_server.admin()
    root = own_server.data_dir / "blobs"
    for round_number in range(3):
        keys = [f"r{round_number}/{i}.txt" for i in range(40)]
        (root / f"r{round_number}").mkdir()
        for key in keys:
            (root / key).write_bytes(key.encode())
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            pending = [pool.submit(register_quietly, admin, key) for key in keys]
            time.sleep(0.15 + 0.1 * round_number)
            own_server.kill()
            answered = [asset for asset in (future.result() for future in pending) if asset]
        own_server.start()
        admin = own_server.admin()
        for key in keys:
            asset = admin.wait_settled(admin.ok("POST", "/admin/asset/register", json={"bucketName": "library", "objectKey": key})["id"])
            assert asset["assetStatusName"] == "Available" and admin.get(asset["downloadUrl"]).content == key.encode()
        for asset in answered:
            assert admin.asset(asset["id"])["id"] == asset["id"]
    assert own_server.rows("select count(*) from asset where asset_type = 2") == [["120"]]


def register_quietly(admin, key):
    try:
        answer = admin.post("/admin/asset/register", {"bucketName": "library", "objectKey": key})
        return answer.json() if answer.status_code == 201 else None
    except Exception:  # noqa: BLE001: the server was killed
        return None


def test_it_goes_into_collections_by_name(admin, stock):
    put(stock, "a.txt")
    name = "collection " + uuid.uuid4().hex[:6]
    asset = register(admin, stock, "a.txt", collections=[name, name]).json()
    assert admin.asset(asset["id"])["collections"] == [name]


def test_keys_of_unreadable_places_all_answer_alike(admin, stock):
    """Else folders, files and buckets could be found out by trying."""
    from test_tree import grant, make_user
    put(stock, "secret/inside.txt")
    put(stock, "open/mine.txt")
    assert register(admin, stock, "secret/inside.txt").status_code == 201
    mine = register(admin, stock, "open/mine.txt").json()
    keys = ["secret/q.txt", "secret/inside.txt", "secret/inside.txt/below.txt", "nothing/q.txt", "q.txt"]

    def answers(api, bucket):
        seen = set()
        for key in keys:
            answer = api.post("/admin/asset/register", {"bucketName": bucket, "objectKey": key})
            seen.add((answer.status_code, answer.json()["type"], answer.json()["detail"]))
        return seen, api.post("/admin/asset/register-many", {"bucketName": bucket, "objectKeys": keys})

    _, stranger = make_user(admin, "editor")
    unknown, many_unknown = answers(stranger, "no such bucket")
    hidden, many_hidden = answers(stranger, stock["displayName"])
    assert unknown == hidden and len(hidden) == 1, (unknown, hidden)
    assert (many_unknown.status_code, many_unknown.json()["detail"]) == (many_hidden.status_code, many_hidden.json()["detail"])

    # Who works in one folder of it knows the bucket, and of the rest no more than before.
    user, guest = make_user(admin, "editor")
    grant(admin, user, {"id": admin.asset(mine["id"])["parentId"]}, "write")
    put(stock, "open/theirs.txt")
    assert register(guest, stock, "open/mine.txt").status_code == 200
    # What the store has is no matter of grants in the tree: a folder of theirs is renamed to the name of another's in it.
    refused = register(guest, stock, "open/theirs.txt")
    assert refused.status_code == 403 and "bucket" in refused.json()["detail"]
    put(stock, "payroll/june.txt")
    folder = admin.asset(mine["id"])["parentId"]
    guest.ok("PATCH", f"/asset/{folder}", json={"displayName": "payroll"})
    assert register(guest, stock, "payroll/june.txt").status_code == 403
    guest.ok("PATCH", f"/asset/{folder}", json={"displayName": "open"})
    grant(admin, user, {"id": stock["id"]}, "write")
    assert register(guest, stock, "open/theirs.txt").status_code == 201
    user, guest = make_user(admin, "editor")
    grant(admin, user, {"id": folder}, "write")
    seen, many = answers(guest, stock["displayName"])
    assert len(seen) == 1 and next(iter(seen))[0] == 404, seen
    assert len({str(item["error"]) for item in many.json()["results"]}) == 1
