"""Buckets, folders, names, listing, properties and who sees them, over HTTP (api.md 1, 2, 3)."""
import base64
import re
import time
import uuid

import pytest
import requests
from reelvault_server import Api


TINY_PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")


def make_user(admin, role="viewer"):
    name = "u" + uuid.uuid4().hex[:10]
    user = admin.ok("POST", "/admin/user", json={"username": name, "password": "a long enough password", "role": role})
    return user, Api(admin.url).login(name, "a long enough password")


def grant(admin, user, asset, permission):
    return admin.ok("POST", "/admin/grant", json={"userId": user["id"], "assetId": asset["id"], "permission": permission})


def test_an_asset_has_every_field_of_the_document(admin, place):
    asset = admin.upload("fields.txt", b"hello", parentId=place["id"], tags=["One", "one", "two"], customFields={"a": 1})
    assert set(asset) >= set("""id parentId assetType assetTypeName assetStatus assetStatusName displayName description fileName contentType
        mediaType size checksum bucketName objectKey sourceKey path storageClass languageCode durationMs frameRate width height hasAudio
        startTimecode tags collections customFields thumbnailUrl previewUrl streamUrl downloadUrl availableFrom availableUntil createdAt createdBy
        modifiedAt modifiedBy deletedAt version error""".split())
    assert asset["assetType"] == 2 and asset["assetTypeName"] == "File"
    assert asset["tags"] == ["One", "two"] and asset["customFields"] == {"a": 1}
    assert asset["path"].endswith("/fields.txt") and asset["bucketName"] == "library"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", asset["createdAt"])
    assert uuid.UUID(asset["id"]).version == 7


@pytest.mark.parametrize("prefix", ["/admin/asset", "/asset", "/api/asset", "/api/admin/asset"])
def test_reads_are_served_under_every_prefix(admin, place, prefix):
    assert admin.ok("GET", f"{prefix}/{place['id']}")["id"] == place["id"]
    assert admin.ok("GET", f"{prefix}/{place['id'].upper()}")["id"] == place["id"]
    assert admin.ok("GET", f"{prefix}?bucketName=library&objectKey={requests.utils.quote(place['displayName'])}")["id"] == place["id"]
    for read in ("children", "parent-folders", "detail", "job-history"):
        assert admin.get(f"{prefix}/{place['id']}/{read}").status_code == 200


def test_a_job_history_comes_whole_unless_a_page_is_asked_for(admin, place):
    asset = admin.wait_settled(admin.upload("jobs.png", TINY_PNG, parentId=place["id"])["id"])
    path = f"/asset/{asset['id']}/job-history"
    admin.wait(lambda: len((found := admin.ok("GET", path)["items"])) == 3 and all(job["status"] == "Succeeded" for job in found))
    whole = admin.ok("GET", path)
    assert whole["totalItemCount"] == 3 and whole["nextPageToken"] is None
    paged, token = [], None
    for count in (2, 1):
        page = admin.ok("GET", path, params={"pageSize": 2, **({"pageToken": token} if token else {})})
        token = page["nextPageToken"]
        assert len(page["items"]) == count and page["totalItemCount"] == 3
        paged += page["items"]
    assert token is None and [job["id"] for job in paged] == [job["id"] for job in whole["items"]]
    for query in ("pageSize=0", "pageSize=501", "pageSize=x", "pageToken=x", "pageToken=MA"):
        answer = admin.get(f"{path}?{query}")
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == "?" + query.split("=")[0], query


def test_requests_are_judged_in_the_documented_order(admin, place):
    nobody = Api(admin.url)
    user, viewer = make_user(admin)
    _, editor = make_user(admin, "editor")
    unknown = str(uuid.uuid4())
    answer = nobody.get(f"/admin/asset/{place['id']}")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert nobody.post("/admin/asset/rubbish/create-folder", {"x": 1}).status_code == 401, "before the id is looked at"
    assert viewer.get(f"/admin/asset/{place['id']}").status_code == 403, "the role, before anything else"
    assert editor.get("/admin/asset/rubbish").status_code == 400
    assert editor.post(f"/admin/asset/{unknown}/create-folder", {"displayName": 3}).status_code == 400, "the body, before the asset"
    assert editor.get(f"/admin/asset/{unknown}").status_code == 404
    assert editor.get(f"/admin/asset/{place['id']}").status_code == 404, "unreadable is as unknown"
    grant(admin, user, place, "read")
    assert viewer.get(f"/asset/{place['id']}").status_code == 200
    assert viewer.patch(f"/asset/{place['id']}", {"description": "x"}).status_code == 403
    problem = viewer.patch(f"/asset/{place['id']}", {"description": "x"})
    assert problem.headers["Content-Type"].startswith("application/problem+json")
    body = problem.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(body) and body["instance"].endswith(problem.headers["X-Request-Id"])


def test_a_grant_reaches_down_and_not_up(admin, place):
    inner = admin.folder(place["id"], "inner")
    deep = admin.upload("deep.txt", b"deep", parentId=inner["id"])
    secret = admin.upload("secret.txt", b"secret", parentId=place["id"])
    user, guest = make_user(admin)
    given = grant(admin, user, inner, "read")
    assert [a["id"] for a in guest.ok("GET", "/asset/roots")["items"]] == [inner["id"]]
    assert guest.get(f"/asset/{deep['id']}").status_code == 200
    assert guest.get(deep["downloadUrl"]).content == b"deep"
    assert [a["id"] for a in guest.ok("GET", f"/asset/{deep['id']}/parent-folders")["items"]] == [inner["id"]]
    for path in (f"/asset/{secret['id']}", f"/asset/{place['id']}", f"/asset/{place['id']}/children", secret["downloadUrl"]):
        assert guest.get(path).status_code == 404, path
    assert guest.post("/asset/upload/start", {"fileName": "x", "fileSize": 1, "parentId": inner["id"]}).status_code == 403
    assert guest.post("/asset/upload/start", {"fileName": "x", "fileSize": 1, "parentId": place["id"]}).status_code == 404
    assert admin.delete(f"/admin/grant/{given['id']}").status_code == 204
    assert guest.get(f"/asset/{deep['id']}").status_code == 404, "revoking acts at once"


def test_uploads_of_others_are_unknown(admin, place):
    upload = admin.start_upload("mine.bin", 3, parentId=place["id"])
    user, other = make_user(admin, "editor")
    grant(admin, user, place, "manage")
    assert other.get(f"/asset/upload/{upload['id']}").status_code == 404
    assert other.post(f"/asset/upload/{upload['id']}/cancel").status_code == 404
    assert other.post(f"/asset/upload/part/{upload['parts'][0]['id']}/complete", {"etag": "x"}).status_code == 404
    assert other.ok("GET", "/asset/upload")["items"] == []


def test_children_are_paged_filtered_and_sorted(admin, place):
    admin.folder(place["id"], "zz folder")
    for name in ("b 10.txt", "b 2.txt", "a.png", "C.txt"):
        admin.wait_settled(admin.upload(name, TINY_PNG if name == "a.png" else name.encode() * 10, parentId=place["id"])["id"])
    path = f"/asset/{place['id']}/children"
    names = lambda query: [a["displayName"] for a in admin.ok("GET", path + query)["items"]]
    assert names("") == ["zz folder", "a.png", "b 2.txt", "b 10.txt", "C.txt"]
    assert names("?mediaType=image") == ["a.png"]
    assert names("?assetType=1") == ["zz folder"]
    assert names("?name=B&assetType=2") == ["b 2.txt", "b 10.txt"]
    assert names("?sort=-createdAt")[0] == "C.txt"
    seen, token = [], ""
    while True:
        page = admin.ok("GET", path + f"?pageSize=2{token}")
        assert page["totalItemCount"] == 5
        seen += [a["displayName"] for a in page["items"]]
        if not page["nextPageToken"]:
            break
        token = "&pageToken=" + page["nextPageToken"]
    assert seen == names("")
    for bad in ("?pageSize=0", "?pageSize=501", "?sort=colour", "?pageToken=x"):
        answer = admin.get(path + bad)
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"].startswith("?"), bad


def test_a_filter_that_nothing_can_be_is_refused_with_what_is_allowed(admin, place):
    for query, allowed in (("assetType=3", "1, 2, 5"), ("assetType=4", "1, 2, 5"), ("assetStatus=10", "9, 11"), ("status=23", "21, 22")):
        answer = admin.get(f"/asset/{place['id']}/children?{query}")
        (fault,) = answer.json()["errors"]
        assert answer.status_code == 400 and fault["pointer"] == "?" + query.split("=")[0] and allowed in fault["detail"], answer.text
    for filters, pointer in (({"assetType": 3}, "/filters/assetType"), ({"assetStatus": [1, 10]}, "/filters/assetStatus/1"), ({"languageCode": "plain English"}, "/filters/languageCode")):
        answer = admin.post("/search", {"query": "", "filters": filters})
        assert answer.status_code == 400 and [f["pointer"] for f in answer.json()["errors"]] == [pointer]


def test_what_a_folder_holds_is_counted_wherever_it_is_shown(admin, place):
    folder = admin.folder(place["id"], "folder")
    assert folder["childCount"] == 0
    path = f"/asset/{folder['id']}"
    etag = admin.get(path).headers["ETag"]
    inner = admin.folder(folder["id"], "inner")
    asset = admin.upload("a.txt", b"a", parentId=folder["id"])
    answer = admin.get(path)
    assert answer.json()["childCount"] == 2 and answer.headers["ETag"] != etag
    assert admin.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    # It is of the same revision: whoever changes its name has missed nothing.
    patched = admin.patch(path, {"description": "x"}, headers={"If-Match": etag})
    assert patched.status_code == 200 and patched.json()["childCount"] == 2
    assert patched.headers["ETag"] == admin.get(path).headers["ETag"]
    assert admin.ok("GET", path + "/detail")["childCount"] == 2
    assert admin.ok("GET", f"/asset?bucketName=library&objectKey={requests.utils.quote(patched.json()['objectKey'])}")["childCount"] == 2
    assert [f["childCount"] for f in admin.ok("GET", f"/asset/{inner['id']}/parent-folders")["items"]][-1] == 2
    user, reader = make_user(admin)
    grant(admin, user, folder, "read")
    assert [f["childCount"] for f in reader.ok("GET", "/asset/roots")["items"]] == [2]
    admin.delete(f"/admin/asset/{asset['id']}")
    assert admin.ok("GET", path)["childCount"] == 1
    assert admin.ok("POST", f"/admin/asset/{folder['id']}/move", json={"parentId": admin.root()["id"], "onConflict": "rename"})["childCount"] == 1
    assert admin.asset(admin.upload("b.txt", b"b", parentId=place["id"])["id"])["childCount"] is None, "a file holds nothing"


@pytest.mark.parametrize("below", ["", "/detail"])
def test_an_etag_changes_with_all_that_is_shown(admin, place, below):
    folder = admin.folder(place["id"], "before")
    asset = admin.upload("e.txt", b"x", parentId=folder["id"])
    admin.wait_done(asset["id"])
    collection = admin.ok("POST", "/collection", json={"name": f"first {uuid.uuid4()}"})
    admin.ok("POST", f"/collection/{collection['id']}/item", json={"ids": [asset["id"]]})
    url = f"/asset/{asset['id']}{below}"
    first = admin.get(url).headers["ETag"]
    assert admin.get(url, headers={"If-None-Match": first}).status_code == 304
    admin.ok("PATCH", f"/asset/{folder['id']}", json={"displayName": "after"})
    moved = admin.get(url, headers={"If-None-Match": first})
    assert moved.status_code == 200 and moved.json()["path"].endswith("/after/e.txt")
    admin.ok("PATCH", f"/collection/{collection['id']}", json={"name": f"second {uuid.uuid4()}"})
    again = admin.get(url, headers={"If-None-Match": moved.headers["ETag"]})
    assert again.status_code == 200
    # The row is as it was: whoever read it before changes it without having lost anything.
    assert admin.patch(f"/asset/{asset['id']}", {"description": "mine"}, headers={"If-Match": first}).status_code == 200
    assert admin.patch(f"/asset/{asset['id']}", {"description": "late"}, headers={"If-Match": again.headers["ETag"]}).status_code == 412


def test_patch_is_a_merge_with_if_match(admin, place):
    asset = admin.upload("p.txt", b"x", parentId=place["id"])
    admin.wait_done(asset["id"])
    answer = admin.get(f"/asset/{asset['id']}")
    etag = answer.headers["ETag"]
    assert admin.get(f"/asset/{asset['id']}", headers={"If-None-Match": etag}).status_code == 304
    changed = admin.patch(f"/asset/{asset['id']}", {"displayName": "q.txt", "customFields": {"k": "v"}, "id": str(uuid.uuid4()), "size": 99, "assetStatus": 8},
                          headers={"If-Match": etag})
    assert changed.status_code == 200
    assert (changed.json()["id"], changed.json()["size"], changed.json()["assetStatus"]) == (asset["id"], 1, 1)
    assert admin.patch(f"/asset/{asset['id']}", {"description": "late"}, headers={"If-Match": etag}).status_code == 412
    # What changes nothing is no change that others would have to look at.
    same = admin.patch(f"/asset/{asset['id']}", {"displayName": "q.txt", "size": 7})
    assert same.status_code == 200 and same.headers["ETag"] == changed.headers["ETag"]
    assert same.json()["modifiedAt"] == changed.json()["modifiedAt"]
    assert changed.json()["path"].endswith("/q.txt")
    assert admin.patch(f"/asset/{asset['id']}", {"displayName": "a/b"}).json()["errors"][0]["pointer"] == "/displayName"


def test_the_bin_frees_the_name(admin, place):
    first = admin.upload("n.txt", b"1", parentId=place["id"])
    admin.wait_settled(first["id"])
    assert admin.delete(f"/admin/asset/{first['id']}").status_code == 204
    assert admin.get(f"/asset/{first['id']}").status_code == 404
    assert admin.get(first["downloadUrl"]).status_code == 404
    admin.upload("n.txt", b"2", parentId=place["id"])


def test_methods_and_paths_that_are_not_there(admin):
    answer = admin.request("PUT", "/asset/roots")
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]
    assert admin.get("/no/such/thing").status_code == 404
    assert admin.request("POST", "/admin/asset/not-an-action", json={"targetIds": []}).status_code in (400, 404, 405)
    bad = admin.request("POST", "/asset/upload/start", data="{not json", headers={"Content-Type": "application/json"})
    assert bad.status_code == 400 and bad.headers["Content-Type"].startswith("application/problem+json")
    assert admin.request("POST", "/asset/upload/start", data="a=b", headers={"Content-Type": "application/x-www-form-urlencoded"}).status_code == 415


def test_an_idempotency_key_gives_the_first_answer_again(admin, place):
    key = uuid.uuid4().hex
    body = {"displayName": "once"}
    path = f"/admin/asset/{place['id']}/create-folder"
    first = admin.post(path, body, headers={"Idempotency-Key": key})
    again = admin.post(path, body, headers={"Idempotency-Key": key})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert admin.post(path, {"displayName": "other"}, headers={"Idempotency-Key": key}).status_code == 422


def test_documents_health_and_metrics(admin, server):
    document = requests.get(server.url + "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/asset/upload/start" in document["paths"]
    assert requests.get(server.url + "/docs").status_code == 200
    assert requests.get(server.url + "/healthz").status_code == 200
    assert requests.get(server.url + "/metrics").status_code == 401
    assert "# TYPE" in admin.get("/metrics").text
    assert requests.get(server.url + "/", allow_redirects=False).headers["Location"] == "/app/"


def test_the_event_stream_tells_and_resumes(admin, place):
    with admin.session.get(admin.url + "/events", stream=True, timeout=30) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        time.sleep(0.3)
        made = admin.folder(place["id"], "told")
        last, name = None, None
        for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("id:"):
                last = line[3:].strip()
            if line.startswith("event:"):
                name = line[6:].strip()
            if line.startswith("data:") and made["id"] in line:
                break
        assert name == "asset" and last
    missed = admin.folder(place["id"], "missed")
    with admin.session.get(admin.url + "/events", stream=True, timeout=30, headers={"Last-Event-ID": last}) as stream:
        for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("data:") and missed["id"] in line:
                break


def test_an_asset_s_history_and_versions_come_whole_or_in_pages(admin, place):
    asset = admin.upload("v.txt", b"one", parentId=place["id"])
    admin.wait_settled(asset["id"])
    for n in range(3):
        admin.ok("PATCH", f"/asset/{asset['id']}", json={"description": f"{n}"})
        admin.upload("v.txt", f"content {n}".encode(), parentId=place["id"], onConflict="replace")
        admin.wait_settled(asset["id"])
    for below in ("history", "version", "job-history"):
        url = f"/asset/{asset['id']}/{below}"
        whole = admin.ok("GET", url)
        assert whole["nextPageToken"] is None and whole["totalItemCount"] == len(whole["items"]) >= 4, below
        seen, token = [], ""
        while True:
            page = admin.ok("GET", f"{url}?pageSize=2{token}")
            assert len(page["items"]) <= 2 and page["totalItemCount"] == whole["totalItemCount"]
            seen += page["items"]
            if not page["nextPageToken"]:
                break
            token = "&pageToken=" + page["nextPageToken"]
        assert seen == whole["items"], below
        assert admin.get(f"{url}?pageToken=x").json()["errors"][0]["pointer"] == "?pageToken"
