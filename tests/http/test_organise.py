"""Tags, collections, custom fields, properties, embedded metadata, summaries and filtered lists over HTTP (api.md 3, 8, 9, 14)."""
import datetime
import subprocess
import uuid

import pytest
from reelvault_server import Api, Server
from test_tree import grant, make_user


def unique(word):
    return f"{word} {uuid.uuid4().hex[:8]}"


def fault(answer):
    assert answer.status_code == 400, answer.text
    return [each["pointer"] for each in answer.json()["errors"]]


def settled(api, name, content, **more):
    return api.wait_done(api.upload(name, content, **more)["id"])


def batch(api, action, ids, **arguments):
    return api.post(f"/admin/asset/{action}", {"targetIds": ids, "actionArguments": arguments})


def tag_counts(api, prefix):
    return {tag["name"]: tag["count"] for tag in api.ok("GET", f"/tag?prefix={prefix}&pageSize=500")["items"]}


# ---- tags

def test_tags_are_counted_for_each_caller_and_go_with_their_last_use(admin, place):
    mark = "t" + uuid.uuid4().hex[:8]
    inner = admin.folder(place["id"], "inner")
    seen = settled(admin, "a.txt", b"a", parentId=inner["id"], tags=[f"{mark} Both", f"{mark} mine"])
    hidden = settled(admin, "b.txt", b"b", parentId=place["id"], tags=[f"{mark} both", f"{mark} secret"])
    user, guest = make_user(admin)
    assert tag_counts(admin, mark) == {f"{mark} Both": 2, f"{mark} mine": 1, f"{mark} secret": 1}
    assert tag_counts(guest, mark) == {}
    grant(admin, user, inner, "read")
    assert tag_counts(guest, mark.upper()) == {f"{mark} Both": 1, f"{mark} mine": 1}
    assert guest.ok("GET", f"/tag?prefix={mark}")["totalItemCount"] == 2, "no total tells of others"
    assert admin.delete(f"/admin/asset/{hidden['id']}").status_code == 204
    assert tag_counts(admin, mark) == {f"{mark} Both": 1, f"{mark} mine": 1}
    admin.patch(f"/asset/{seen['id']}", {"tags": [f"{mark} mine"]})
    assert tag_counts(admin, mark) == {f"{mark} mine": 1}
    admin.ok("POST", f"/admin/asset/{hidden['id']}/undelete", json={})
    assert tag_counts(admin, mark) == {f"{mark} both": 1, f"{mark} mine": 1, f"{mark} secret": 1}


def test_batches_add_and_remove_tags(admin, place):
    files = [settled(admin, f"{i}.txt", b"x", parentId=place["id"], tags=["Old"]) for i in range(2)]
    folder = admin.folder(place["id"], "a folder")
    ids = [f["id"] for f in files] + [folder["id"]]
    answer = batch(admin, "aDDtag", ids + [str(uuid.uuid4()), ids[0]], tags=["new", "OLD", " New "])
    assert answer.status_code == 200
    body = answer.json()
    assert [r["status"] for r in body["results"]] == ["Succeeded"] * 3 + ["Failed"]
    assert admin.asset(ids[0])["tags"] == ["Old", "new"]
    assert sorted(admin.asset(folder["id"])["tags"]) == ["OLD", "new"]
    again = admin.get(f"/asset/{ids[0]}").headers["ETag"]
    assert batch(admin, "AddTag", ids, tags=["NEW"]).json()["succeededCount"] == 3
    assert admin.get(f"/asset/{ids[0]}").headers["ETag"] == again, "nothing changed"
    assert batch(admin, "RemoveTag", ids, tags=["old", "never there"]).json()["failedCount"] == 0
    assert admin.asset(ids[0])["tags"] == ["new"]
    history = admin.ok("GET", f"/asset/{ids[0]}/history")["items"]
    assert [h["operation"] for h in history][-2:] == ["add-tag", "remove-tag"]
    assert fault(batch(admin, "AddTag", ids)) == ["/actionArguments/tags"]
    assert fault(batch(admin, "AddTag", ids, tags=["ok", ""])) == ["/actionArguments/tags/1"]


# ---- collections

def test_a_collection_from_making_to_removing(admin, place):
    name = unique("Spring")
    answer = admin.post("/collection", {"name": name, "description": "for the campaign"})
    assert answer.status_code == 201 and answer.headers["ETag"]
    made = answer.json()
    assert answer.headers["Location"] == f"/collection/{made['id']}"
    assert admin.post("/collection", {"name": name.upper()}).status_code == 409
    assert fault(admin.post("/collection", {"name": "  "})) == ["/name"]
    file = settled(admin, "a.txt", b"a", parentId=place["id"])
    folder = admin.folder(place["id"], "folder")
    path = f"/collection/{made['id']}"
    results = admin.ok("POST", path + "/item", json={"ids": [file["id"], folder["id"], str(uuid.uuid4())]})
    assert (results["succeededCount"], results["failedCount"]) == (2, 1) and results["results"][2]["error"]["code"] == "not-found"
    admin.ok("POST", path + "/item", json={"ids": [file["id"]]})
    page = admin.ok("GET", path + "/item")
    assert [a["id"] for a in page["items"]] == [file["id"], folder["id"]] and page["totalItemCount"] == 2
    assert admin.asset(file["id"])["collections"] == [name]
    assert [a["id"] for a in admin.ok("GET", f"/asset/{place['id']}/children", params={"collection": name.lower(), "assetType": 2})["items"]] == [file["id"]]
    assert [a["id"] for a in admin.ok("GET", f"/asset/{place['id']}/children", params={"collection": made["id"]})["items"]] == [folder["id"], file["id"]]
    first = admin.ok("GET", path + "/item?pageSize=1&sort=-added")
    assert first["items"][0]["id"] == folder["id"] and first["nextPageToken"]
    assert admin.delete(f"/admin/asset/{file['id']}").status_code == 204
    assert admin.ok("GET", path)["itemCount"] == 1
    admin.ok("POST", f"/admin/asset/{file['id']}/undelete", json={})
    assert admin.ok("GET", path)["itemCount"] == 2
    etag = admin.get(path).headers["ETag"]
    renamed = admin.patch(path, {"name": name + " 2", "description": None}, headers={"If-Match": etag})
    assert renamed.status_code == 200 and renamed.json()["description"] is None
    assert admin.patch(path, {"name": "late"}, headers={"If-Match": etag}).status_code == 412
    assert admin.asset(file["id"])["collections"] == [name + " 2"]
    assert admin.ok("DELETE", path + "/item", json={"ids": [folder["id"]]})["succeededCount"] == 1
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404 and admin.asset(file["id"])["collections"] == []
    assert admin.get(f"/asset/{file['id']}").status_code == 200


def test_a_collection_shows_to_each_what_they_may_read(admin, place):
    open_folder, secret = admin.folder(place["id"], "open"), admin.folder(place["id"], "secret")
    seen = settled(admin, "seen.txt", b"1", parentId=open_folder["id"])
    hidden = settled(admin, "hidden.txt", b"2", parentId=secret["id"])
    name = unique("Mixed")
    made = admin.post("/collection", {"name": name}).json()
    path = f"/collection/{made['id']}"
    admin.ok("POST", path + "/item", json={"ids": [seen["id"], hidden["id"], secret["id"]]})
    user, guest = make_user(admin, "editor")
    for read in (path, path + "/item"):
        assert guest.get(read).status_code == 404
    assert guest.patch(path, {"name": "x"}).status_code == 404 and guest.delete(path).status_code == 404
    assert made["id"] not in [c["id"] for c in guest.ok("GET", "/collection?pageSize=500")["items"]]
    assert guest.post("/collection", {"name": name}).status_code == 201, "names of others are not told"
    grant(admin, user, open_folder, "read")
    body = guest.ok("GET", path)
    assert body["itemCount"] == 1 and not body["canEdit"]
    page = guest.ok("GET", path + "/item")
    assert [a["id"] for a in page["items"]] == [seen["id"]] and page["totalItemCount"] == 1
    assert guest.patch(path, {"name": "x"}).status_code == 403 and guest.delete(path).status_code == 403
    assert guest.ok("POST", path + "/item", json={"ids": [seen["id"], hidden["id"]]})["failedCount"] == 2, "needs write on each"
    assert guest.ok("DELETE", path + "/item", json={"ids": [hidden["id"]]})["results"][0]["error"]["code"] == "not-found"
    assert guest.ok("GET", f"/asset/{seen['id']}")["collections"] == [name]


def test_batches_add_to_collections_by_name_and_id(admin, place):
    files = [settled(admin, f"{i}.txt", b"x", parentId=place["id"]) for i in range(3)]
    ids = [f["id"] for f in files]
    name = unique("By name")
    assert batch(admin, "AddCollection", ids, collectionName=name).json()["succeededCount"] == 3
    found = [c for c in admin.ok("GET", "/collection", params={"name": name})["items"]]
    assert len(found) == 1 and found[0]["itemCount"] == 3
    assert batch(admin, "removecollection", ids[:1], collectionId=found[0]["id"]).json()["succeededCount"] == 1
    assert batch(admin, "RemoveCollection", ids[:2], collectionName=name.upper()).json()["succeededCount"] == 2
    assert [a["id"] for a in admin.ok("GET", f"/collection/{found[0]['id']}/item")["items"]] == ids[2:]
    assert fault(batch(admin, "AddCollection", ids)) == ["/actionArguments/collectionId"]
    assert batch(admin, "AddCollection", ids, collectionId=str(uuid.uuid4())).status_code == 404
    assert batch(admin, "RemoveCollection", ids, collectionName="never " + name).status_code == 404


def test_names_of_collections_survive_a_restart(own_server):
    api = own_server.admin()
    asset = settled(api, "a.txt", b"a")
    batch(api, "AddCollection", [asset["id"]], collectionName="Kept")
    own_server.kill()
    own_server.start()
    assert own_server.admin().asset(asset["id"])["collections"] == ["Kept"]


# ---- custom fields

def test_custom_fields_are_defined_and_hold_values_to_it(own_server):
    admin = own_server.admin()
    root = admin.root()["id"]
    for body in ({"name": "rights", "type": "choice", "choices": ["free", "paid"], "label": "Rights"}, {"name": "shot", "type": "date"},
                 {"name": "take", "type": "number"}, {"name": "crew", "type": "text", "multiple": True}):
        answer = admin.post("/admin/field", body)
        assert answer.status_code == 201, answer.text
    assert admin.post("/admin/field", {"name": "Rights", "type": "text"}).status_code == 409
    assert fault(admin.post("/admin/field", {"name": "two words", "type": "text"})) == ["/name"]
    assert fault(admin.post("/admin/field", {"name": "x", "type": "colour"})) == ["/type"]
    _, viewer = make_user(admin)
    assert [f["name"] for f in viewer.ok("GET", "/field")["items"]] == ["crew", "rights", "shot", "take"]
    assert viewer.get("/admin/field").status_code == 403 and viewer.post("/admin/field", {"name": "y", "type": "text"}).status_code == 403

    good = {"rights": "free", "shot": "2024-02-29", "take": 2, "crew": ["Ann", "Bo"], "free text": "kept"}
    bad = {"rights": "stolen", "shot": "2023-02-29", "take": "2", "crew": "Ann", "list": [1]}
    pointers = ["/customFields/rights", "/customFields/shot", "/customFields/take", "/customFields/list"]
    folder = admin.ok("POST", f"/admin/asset/{root}/create-folder", json={"displayName": "f", "customFields": good})
    assert folder["customFields"] == good
    for path, body in ((f"/admin/asset/{root}/create-folder", {"displayName": "g"}), (f"/admin/asset/{root}/create-placeholder", {"displayName": "h"}),
                       ("/asset/upload/start", {"fileName": "i", "fileSize": 1})):
        assert sorted(fault(admin.post(path, {**body, "customFields": bad}))) == sorted(pointers), path
    assert sorted(fault(admin.patch(f"/asset/{folder['id']}", {"customFields": bad}))) == sorted(pointers)
    merged = admin.patch(f"/asset/{folder['id']}", {"customFields": {"take": None, "crew": "Cy", "shot": "2024-03-01"}}).json()["customFields"]
    assert merged == {"rights": "free", "shot": "2024-03-01", "crew": ["Cy"], "free text": "kept"}

    field = next(f for f in admin.ok("GET", "/admin/field")["items"] if f["name"] == "rights")
    path = f"/admin/field/{field['id']}"
    assert admin.patch(path, {"name": "other"}).status_code == 409 and admin.patch(path, {"type": "text"}).status_code == 409
    etag = admin.get(path).headers["ETag"]
    assert admin.patch(path, {"choices": ["paid"], "required": True}, headers={"If-Match": etag}).status_code == 200
    assert admin.patch(path, {"label": "late"}, headers={"If-Match": etag}).status_code == 412
    assert admin.asset(folder["id"])["customFields"]["rights"] == "free", "what was written stays"
    assert fault(admin.patch(f"/asset/{folder['id']}", {"customFields": {"rights": None}})) == ["/customFields/rights"]
    assert fault(admin.post("/asset/upload/start", {"fileName": "i", "fileSize": 1})) == ["/customFields/rights"]
    admin.ok("POST", f"/admin/asset/{root}/create-folder", json={"displayName": "folders are not asked"})
    assert admin.delete(path).status_code == 204 and admin.get(path).status_code == 404
    assert admin.asset(folder["id"])["customFields"]["rights"] == "free"
    assert admin.patch(f"/asset/{folder['id']}", {"customFields": {"rights": None}}).status_code == 200


# ---- properties

def test_a_patch_tells_absent_null_and_empty_apart(admin, place):
    asset = settled(admin, "p.txt", b"x", parentId=place["id"])
    path = f"/asset/{asset['id']}"
    full = {"description": "d", "tags": ["t"], "customFields": {"a": 1}, "languageCode": "pt-br", "availableFrom": "2026-01-01T01:00:00+01:00",
            "availableUntil": "2127-01-01T00:00:00Z"}
    before = admin.patch(path, full).json()
    assert before["languageCode"] == "pt-BR" and before["availableFrom"] == "2026-01-01T00:00:00.000Z"
    after = admin.patch(path, {}).json()
    assert {k: after[k] for k in full} == {k: before[k] for k in full}
    assert admin.patch(path, {"description": "", "customFields": {}}).json()["description"] == ""
    none = admin.patch(path, dict.fromkeys(full)).json()
    assert {k: none[k] for k in full} == {"description": None, "tags": [], "customFields": {}, "languageCode": None, "availableFrom": None, "availableUntil": None}
    for body, pointer in (({"displayName": None}, "/displayName"), ({"displayName": ""}, "/displayName"), ({"languageCode": ""}, "/languageCode"),
                          ({"languageCode": "english"}, None), ({"languageCode": "en_US"}, "/languageCode"), ({"tags": [1]}, "/tags/0"),
                          ({"tags": "t"}, "/tags"), ({"availableFrom": "soon"}, "/availableFrom"),
                          ({"availableFrom": "2027-01-01T00:00:00Z", "availableUntil": "2026-01-01T00:00:00Z"}, "/availableUntil"),
                          ({"description": 3}, "/description"), ({"customFields": []}, "/customFields")):
        answer = admin.patch(path, body)
        assert answer.status_code == (400 if pointer else 200), body
        if pointer:
            assert pointer in fault(answer), body
    assert fault(admin.post("/asset/upload/start", {"fileName": "x", "fileSize": 1, "languageCode": "e"})) == ["/languageCode"]
    unchanged = admin.patch(path, {"id": str(uuid.uuid4()), "parentId": None, "assetType": 1, "assetStatus": 8, "size": 9, "checksum": "x", "version": 7,
                                   "createdBy": None, "path": "/x", "collections": ["c"], "mediaType": "video", "deletedAt": None, "error": "e"}).json()
    for member in ("id", "parentId", "assetType", "assetStatus", "size", "version", "createdBy", "path", "collections", "mediaType", "error"):
        assert unchanged[member] == none[member], member


def test_the_language_of_a_file_is_changed_and_found(admin, place):
    asset = settled(admin, "speech.txt", b"x", parentId=place["id"])
    for prefix, given, is_now in (("/admin/asset", "pt-br", "pt-BR"), ("/asset", "FI", "fi")):
        answer = admin.ok("POST", f"{prefix}/{asset['id']}/language", json={"languageCode": given})
        assert answer["languageCode"] == is_now == admin.asset(asset["id"])["languageCode"]
    revision = admin.get(f"/asset/{asset['id']}").headers["ETag"]
    admin.ok("POST", f"/asset/{asset['id']}/language", json={"languageCode": "fi"})
    assert admin.get(f"/asset/{asset['id']}").headers["ETag"] == revision, "the same again changes nothing"
    found = admin.ok("POST", "/search", json={"filters": {"languageCode": ["fi"], "parentId": place["id"]}})
    assert [item["id"] for item in found["items"]] == [asset["id"]]
    last = admin.ok("GET", f"/asset/{asset['id']}/history")["items"][-1]
    assert last["operation"] == "update" and last["reason"] == "languageCode"
    for body in ({}, {"languageCode": None}, {"languageCode": ""}, {"languageCode": "en_US"}, {"languageCode": 3}):
        assert fault(admin.post(f"/asset/{asset['id']}/language", body)) == ["/languageCode"], body
    assert admin.post(f"/asset/{place['id']}/language", {"languageCode": "fi"}).status_code == 409
    waiting = admin.ok("POST", f"/admin/asset/{place['id']}/create-placeholder", json={"displayName": "to come"})
    refused = admin.post(f"/asset/{waiting['id']}/language", {"languageCode": "fi"})
    assert refused.status_code == 409 and refused.json()["assetStatusName"] == "Placeholder"


def test_if_match_is_the_standards(admin, place):
    asset = settled(admin, "p.txt", b"x", parentId=place["id"])
    path = f"/asset/{asset['id']}"
    etag = admin.get(path).headers["ETag"]
    assert admin.patch(path, {"description": "1"}, headers={"If-Match": f'"x", {etag}'}).status_code == 200
    assert admin.patch(path, {"description": "2"}, headers={"If-Match": etag}).status_code == 412
    assert admin.patch(path, {"description": "3"}, headers={"If-Match": "*"}).status_code == 200
    assert admin.patch(path, {"description": "4"}, headers={"If-Match": "W/" + admin.get(path).headers["ETag"]}).status_code == 412
    assert admin.asset(asset["id"])["description"] == "3"


def test_content_is_for_writers_alone_outside_its_window(admin, place):
    asset = settled(admin, "p.txt", b"film", parentId=place["id"])
    reader, guest = make_user(admin)
    writer, editor = make_user(admin)
    grant(admin, reader, place, "read")
    grant(admin, writer, place, "write")
    signed = guest.ok("GET", f"/asset/{asset['id']}/resolve-full-url", params={"url": asset["downloadUrl"]})["url"]
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    for window, opened in (({"availableFrom": now + hour, "availableUntil": None}, False), ({"availableFrom": None, "availableUntil": now - hour}, False),
                           ({"availableFrom": now - hour, "availableUntil": now + hour}, True)):
        admin.patch(f"/asset/{asset['id']}", {k: v.isoformat() if v else None for k, v in window.items()})
        assert guest.get(f"/asset/{asset['id']}").status_code == 200, "what it is, its readers see"
        answer = guest.get(asset["downloadUrl"])
        assert answer.status_code == (200 if opened else 403), window
        assert Api(admin.url).get(signed).status_code == (200 if opened else 403), "a signed address is its maker's"
        if not opened:
            assert answer.json()["type"].endswith("not-available-now")
        assert editor.get(asset["downloadUrl"]).status_code == 200


# ---- embedded metadata

PICTURE_COMMANDS = """
set Exif.Image.Make Ascii "Reelcam"
set Exif.Image.Model Ascii "R1"
set Exif.Photo.DateTimeOriginal Ascii "2024:05:06 07:08:09"
set Exif.Photo.OffsetTimeOriginal Ascii "+02:00"
set Exif.GPSInfo.GPSLatitude Rational "48/1 51/1 30/1"
set Exif.GPSInfo.GPSLatitudeRef Ascii "N"
set Exif.GPSInfo.GPSLongitude Rational "2/1 17/1 40/1"
set Exif.GPSInfo.GPSLongitudeRef Ascii "W"
set Xmp.dc.title LangAlt "lang=x-default Title"
set Xmp.dc.description LangAlt "lang=x-default What it shows"
set Xmp.dc.creator XmpSeq "Ann"
set Xmp.dc.rights LangAlt "lang=x-default (c) Ann"
set Xmp.dc.subject XmpBag "Paris"
set Xmp.dc.subject XmpBag "Night"
"""
IPTC_COMMANDS = """
add Iptc.Application2.Keywords String "Paris"
add Iptc.Application2.Keywords String "Rain"
set Iptc.Application2.Headline String "Headline"
"""


def picture(tmp_path, ending):
    path = tmp_path / f"picture.{ending}"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48", "-frames:v", "1", "-y", str(path)], check=True)
    commands = tmp_path / "commands"
    commands.write_text(PICTURE_COMMANDS + ("" if ending == "webp" else IPTC_COMMANDS))
    subprocess.run(["exiv2", "-m", str(commands), str(path)], check=True)
    return path


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_what_a_picture_says_of_itself_is_kept(admin, place, tmp_path, ending):
    asset = admin.wait_settled(admin.upload_file(picture(tmp_path, ending), parentId=place["id"], tags=["paris", "Own"])["id"])
    detail = admin.ok("GET", f"/asset/{asset['id']}/detail")["mediaProperties"]
    metadata = detail["metadata"]
    assert metadata["capturedAt"] == "2024-05-06T07:08:09+02:00"
    assert (metadata["cameraMake"], metadata["cameraModel"], metadata["title"], metadata["creator"]) == ("Reelcam", "R1", "Title", "Ann")
    assert metadata["copyright"] == "(c) Ann" and metadata["description"] == "What it shows"
    assert abs(metadata["latitude"] - 48.8583333) < 1e-6 and abs(metadata["longitude"] + 2.2944444) < 1e-6
    assert metadata["keywords"] == (["Paris", "Night"] if ending == "webp" else ["Paris", "Rain", "Night"])
    assert detail["picture"]["exif"]["Make"] == "Reelcam" and detail["picture"]["xmp"]["dc.title"] == "Title"
    if ending != "webp":
        assert detail["picture"]["iptc"]["Headline"] == metadata["headline"] == "Headline"
    assert asset["description"] == "What it shows"
    assert asset["tags"] == ["paris", "Own"] + [k for k in metadata["keywords"] if k != "Paris"]
    admin.patch(f"/asset/{asset['id']}", {"tags": ["Own"], "description": None})
    assert admin.post(f"/admin/asset/{asset['id']}/reprocess", {}).status_code in (200, 202)
    again = admin.wait_settled(asset["id"])
    assert again["tags"] == ["Own"] and again["description"] is None, "what was taken away stays away"


@pytest.mark.parametrize("ending", ["heic", "avif"])
def test_pictures_of_phones_say_when_and_where(admin, place, tmp_path, ending):
    path = tmp_path / f"phone.{ending}"
    subprocess.run(["vips", "copy", str(picture(tmp_path, "jpg")), str(path)], check=True, stderr=subprocess.DEVNULL)
    asset = admin.wait_settled(admin.upload_file(path, parentId=place["id"])["id"])
    metadata = admin.ok("GET", f"/asset/{asset['id']}/detail")["mediaProperties"]["metadata"]
    assert metadata["capturedAt"] == "2024-05-06T07:08:09+02:00" and metadata["cameraModel"] == "R1"
    assert abs(metadata["latitude"] - 48.8583333) < 1e-6 and abs(metadata["longitude"] + 2.2944444) < 1e-6


def test_films_and_documents_say_something_too(admin, place, tmp_path):
    film = tmp_path / "film.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:duration=1", "-metadata", "title=A film", "-metadata", "artist=Ann",
                    "-metadata", "creation_time=2024-05-06T05:08:09Z", "-metadata", "location=+48.8577+002.2950/", "-y", str(film)], check=True)
    asset = admin.wait_settled(admin.upload_file(film, parentId=place["id"])["id"])
    metadata = admin.ok("GET", f"/asset/{asset['id']}/detail")["mediaProperties"]["metadata"]
    assert (metadata["title"], metadata["creator"], metadata["capturedAt"]) == ("A film", "Ann", "2024-05-06T05:08:09Z")
    assert abs(metadata["latitude"] - 48.8577) < 1e-6


def test_metadata_is_left_alone_where_the_setting_says_so(tmp_path):
    with Server("sqlite", {"media.adopt_metadata": "false"}) as server:
        admin = server.admin()
        asset = admin.wait_settled(admin.upload_file(picture(tmp_path, "jpg"))["id"])
        assert asset["tags"] == [] and asset["description"] is None
        assert admin.ok("GET", f"/asset/{asset['id']}/detail")["mediaProperties"]["metadata"]["keywords"] == ["Paris", "Rain", "Night"]


# ---- summaries

def test_a_summary_counts_all_below_a_folder(admin, place):
    inner = admin.folder(admin.folder(place["id"], "middle")["id"], "inner")
    settled(admin, "a.txt", b"12345", parentId=inner["id"])
    file = settled(admin, "b.bin", b"\x01\x02\x03", parentId=place["id"])
    empty = {"labels": [], "persons": [], "detectedText": []}
    for prefix in ("/admin/asset", "/asset"):
        summary = admin.ok("GET", f"{prefix}/{place['id']}/metadata-summary")
        assert {k: summary[k] for k in empty} == empty
        assert (summary["totalAssets"], summary["totalSize"], summary["mediaTypes"]["document"], summary["mediaTypes"]["other"]) == (2, 8, 1, 1)
        assert admin.ok("GET", f"{prefix}/{file['id']}/metadata-summary")["totalSize"] == 3
    user, guest = make_user(admin)
    assert guest.get(f"/asset/{place['id']}/metadata-summary").status_code == 404
    grant(admin, user, inner, "read")
    assert guest.ok("GET", f"/asset/{inner['id']}/metadata-summary")["totalAssets"] == 1
    assert guest.get(f"/asset/{place['id']}/metadata-summary").status_code == 404
    admin.delete(f"/admin/asset/{inner['id']}")
    assert admin.ok("GET", f"/asset/{place['id']}/metadata-summary")["totalAssets"] == 1


# ---- lists

def test_children_are_filtered_in_any_combination(admin, place):
    for name, tags in (("Reel 1.txt", ["x"]), ("Reel 10.txt", ["x", "y"]), ("Reel 2.bin", ["x"]), ("other.txt", [])):
        settled(admin, name, b"\x01\x02\x03" if name.endswith("bin") else b"x", parentId=place["id"], tags=tags)
    admin.folder(place["id"], "Reel folder")
    path = f"/asset/{place['id']}/children"

    def names(**query):
        page = admin.ok("GET", path, params=query)
        assert page["totalItemCount"] == len(page["items"]) and not page["totalIsEstimate"]
        return [a["displayName"] for a in page["items"]]
    assert names(name="reel 1") == ["Reel 1.txt", "Reel 10.txt"], "digits are letters when one looks for them"
    assert names(name="REEL", assetType=1) == ["Reel folder"]
    assert names(tag="X", mediaType="document") == ["Reel 1.txt", "Reel 10.txt"]
    assert names(tag="x", mediaType="other") == ["Reel 2.bin"]
    assert names(tag="x", assetStatus=1, name="10", sort="-createdAt") == ["Reel 10.txt"]
    assert names(tag="none") == [] and names(collection="none") == []
    assert names(createdFrom="2020-01-01T00:00:00Z", createdUntil="2021-01-01T00:00:00Z") == []
    assert len(names(modifiedFrom="2020-01-01T00:00:00Z")) == 5
    assert admin.ok("GET", path)["items"][0]["childCount"] == 0
