"""Every fault of a request is told at once, whoever sees it: the path, the binding (types, limits) or a service (values)
(api.md 1). A new route with a body needs a row below, or test_every_route_with_a_body_has_its_row fails."""
import re
import uuid

import pytest
import requests
from test_tree import grant, make_user


@pytest.fixture
def field(admin):
    """A custom field that takes numbers."""
    name = "n" + uuid.uuid4().hex[:10]
    made = admin.ok("POST", "/admin/field", json={"name": name, "type": "number"})
    yield name
    admin.ok("DELETE", f"/admin/field/{made['id']}")


def faults(answer):
    assert answer.status_code == 400, answer.text
    pointers = [fault["pointer"] for fault in answer.json()["errors"]]
    assert len(pointers) == len(set(pointers)), "each is told once"
    return set(pointers)


@pytest.mark.parametrize("prefix", ["/asset", "/admin/asset"])
def test_a_patch_of_an_asset(admin, place, field, prefix):
    path = f"{prefix}/{place['id']}"
    custom = f"/customFields/{field}"
    assert faults(admin.patch(path, {"description": 5, "customFields": {field: "many"}})) == {"/description", custom}
    assert faults(admin.patch(path, {"displayName": "a/b", "tags": ["ok", 3, ""], "languageCode": "e", "availableFrom": "soon", "customFields": {field: "x"}})) \
        == {"/displayName", "/tags/1", "/tags/2", "/languageCode", "/availableFrom", custom}
    assert faults(admin.patch(path, {"displayName": 3, "customFields": []})) == {"/displayName", "/customFields"}
    assert faults(admin.patch(path, {"displayName": "", "availableFrom": "2027-01-01T00:00:00Z", "availableUntil": "2026-01-01T00:00:00Z"})) \
        == {"/displayName", "/availableUntil"}
    # Before anything of the asset is said, as all that is wrong with a body.
    _, nobody = make_user(admin, "editor")
    body = {"description": 5, "customFields": {field: "many"}}
    assert faults(nobody.patch(path, body)) == faults(nobody.patch(f"{prefix}/{uuid.uuid4()}", body)) == {"/description", custom}
    assert faults(nobody.patch(f"{prefix}/rubbish", body)) == {"{id}", "/description", custom}
    assert admin.asset(place["id"])["displayName"] == place["displayName"]


@pytest.mark.parametrize("kind", ["folder", "placeholder"])
def test_what_is_made_in_a_folder(admin, place, field, kind):
    path = f"/admin/asset/{place['id']}/create-{kind}"
    custom = f"/customFields/{field}"
    assert faults(admin.post(path, {"displayName": "a/b", "tags": "t", "onConflict": "explode", "customFields": {field: "x"}})) \
        == {"/displayName", "/tags", "/onConflict", custom}
    assert faults(admin.post(path, {"displayName": "a/b", "tags": [""], "customFields": {field: "x"}})) == {"/displayName", "/tags/0", custom}
    assert faults(admin.post(path, {"tags": [""]})) == {"/displayName", "/tags/0"}
    assert admin.ok("GET", f"/asset/{place['id']}/children")["items"] == []


def test_null_for_an_object_is_as_if_it_had_not_been_sent(admin, place):
    made = admin.ok("POST", f"/admin/asset/{place['id']}/create-folder", json={"displayName": "a", "tags": None, "customFields": None, "onConflict": None})
    assert made["customFields"] == {}
    assert admin.post("/admin/asset/Index", {"targetIds": [made["id"]], "actionArguments": None}).json()["status"] == "Succeeded"
    assert faults(admin.post("/admin/asset/AddTag", {"targetIds": [made["id"]], "actionArguments": None})) == {"/actionArguments/tags"}
    upload = admin.start_upload("b.txt", 1, parentId=made["id"], customFields=None)
    assert admin.asset(upload["assetId"])["customFields"] == {}


def test_what_is_wrong_is_said_of_what_was_sent(admin, place):
    def words(answer):
        return {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}
    for tags, wrong in ((None, "is required"), ([], "must not be empty"), ("a", "must be a list")):
        for action in ("AddTag", "RemoveTag"):
            body = {"targetIds": [place["id"]], "actionArguments": {"tags": tags}}
            assert words(admin.post(f"/admin/asset/{action}", body)) == {"/actionArguments/tags": wrong}
    admin.ok("PATCH", f"/asset/{place['id']}", json={"availableFrom": "2026-01-01T00:00:00Z", "availableUntil": "2027-01-01T00:00:00Z"})
    assert words(admin.patch(f"/asset/{place['id']}", {"availableUntil": "2025-01-01T00:00:00Z"})) == {"/availableUntil": "must be after availableFrom"}
    assert words(admin.patch(f"/asset/{place['id']}", {"availableFrom": "2028-01-01T00:00:00Z"})) == {"/availableFrom": "must be before availableUntil"}


PAST = "2020-01-01T00:00:00Z"
NOBODY = "0190a8c2-0000-7000-8000-000000000000"  # an id of nothing
RUBBISH = {"move": {"parentId": 5, "onConflict": 7}, "copy": {"parentId": "x", "onConflict": "explode"}, "undelete": {"parentId": 5, "onConflict": "explode"},
           "reprocess": {"steps": ["paint", 5]}, "restore": {"tier": "now"}}
MOVE = {"targetIds": ["x", 5], "actionArguments": RUBBISH["move"]}
SHARE = {"recipients": ["nobody", 5, "a@b.c"], "expirationDate": PAST, "password": "", "allowDownload": "yes", "message": 5}
CLIP = {"startTimecode": [], "displayName": "a/b", "mode": "slow", "parentId": "x"}
CLIP_FAULTS = "/startTimecode /endTimecode /displayName /mode /parentId"
FOLDER = {"displayName": "a/b", "tags": ["", 5], "onConflict": "explode", "customFields": {"$number": "x"}}
FOLDER_FAULTS = "/displayName /tags/0 /tags/1 /onConflict /customFields/$number"
PATCH = {"displayName": "a/b", "description": 5, "tags": [""], "languageCode": "e", "customFields": {"$number": "x"}}
PATCH_FAULTS = "/displayName /description /tags/0 /languageCode /customFields/$number"

# A body and what of it is wrong; a word of the path that begins with $ is a thing's id, any other is itself, and {id} is
# among the faults where it is x.
TABLE = [
    ("POST /account/login", {"username": 5, "password": []}, "/username /password"),
    ("POST /account/refresh-token", {"refreshToken": 5}, "/refreshToken"),
    ("POST /account/logout", {"refreshToken": 5}, "/refreshToken"),
    ("POST /account/change-password", {"currentPassword": 5, "newPassword": "short"}, "/currentPassword /newPassword"),
    ("POST /admin/user", {"username": " ", "password": "short", "role": "king", "email": 5}, "/username /password /role /email"),
    ("PATCH /admin/user/$user", {"username": " ", "password": "short", "role": "king", "disabled": "no"}, "/username /password /role /disabled"),
    ("PATCH /admin/user/x", {"username": "a\u0007b", "disabled": 5}, "{id} /username /disabled"),
    ("POST /admin/group", {"name": " ", "description": 5}, "/name /description"),
    ("PATCH /admin/group/$group", {"name": "a\u0007b", "description": []}, "/name /description"),
    ("PATCH /admin/group/x", {"name": " "}, "{id} /name"),
    ("POST /admin/group/x/member", {"userId": "y"}, "{id} /userId"),
    ("POST /admin/api-key", {"name": " ", "userId": NOBODY, "scopes": ["fly", 5, "read"], "expiresAt": PAST}, "/name /scopes/0 /scopes/1 /expiresAt"),
    ("POST /admin/api-key", {"name": " ", "scopes": [], "expiresAt": PAST}, "/name /scopes /expiresAt"),
    ("PATCH /admin/api-key/$key", {"name": 5, "scopes": [], "expiresAt": PAST}, "/name /scopes /expiresAt"),
    ("POST /admin/grant", {"userId": NOBODY, "assetId": NOBODY, "permission": "fly"}, "/permission"),
    ("POST /admin/grant", {"assetId": "x", "permission": 5}, "/userId /assetId /permission"),
    ("POST /admin/grant", {"userId": "x", "groupId": NOBODY, "assetId": "$place"}, "/userId /groupId /permission"),
    ("PATCH /admin/grant/x", {"permission": "fly"}, "{id} /permission"),
    *[(f"PATCH {prefix}/{thing}", PATCH, PATCH_FAULTS + fault)
      for prefix in ("/asset", "/admin/asset") for thing, fault in (("$place", ""), ("x", " {id}"))],
    *[(f"POST /admin/asset/{thing}/create-{kind}", FOLDER, FOLDER_FAULTS + fault)
      for kind in ("folder", "placeholder") for thing, fault in (("$place", ""), ("x", " {parentId}"))],
    *[(f"POST {prefix}/x/language", {"languageCode": "e"}, "{id} /languageCode") for prefix in ("/asset", "/admin/asset")],
    ("POST /admin/asset/Move", MOVE, "/targetIds/0 /targetIds/1 /actionArguments/parentId /actionArguments/onConflict"),
    ("POST /admin/asset/AddTag", {"targetIds": [], "actionArguments": {"tags": ["", 5]}}, "/targetIds /actionArguments/tags/0 /actionArguments/tags/1"),
    ("POST /admin/asset/AddCollection", {"targetIds": "x", "actionArguments": {"collectionId": "x"}}, "/targetIds /actionArguments/collectionId"),
    ("POST /admin/asset/Explode", {"targetIds": ["x"], "actionArguments": 5}, "{actionName} /targetIds/0 /actionArguments"),
    *[(f"POST /admin/asset/x/{action}", body, " ".join(["{id}", *("/" + name for name in body)]).replace("/steps", "/steps/0 /steps/1"))
      for action, body in RUBBISH.items()],
    ("POST /asset/x/restore", RUBBISH["restore"], "{id} /tier"),
    # Of whose bodies nothing is taken, but that they are one.
    *[(f"POST /admin/asset/x/{action}", [], "{id} ") for action in ("duplicate", "index", "archive")],
    ("POST /admin/bucket", {"name": "a/b", "store": "nowhere", "prefix": "../x", "managed": "yes", "archiveStore": "nowhere", "archiveClass": "X", "quotaBytes": -1},
     "/name /store /prefix /managed /archiveStore /archiveClass /quotaBytes"),
    ("POST /admin/bucket", {"name": " ", "archiveStore": "local", "quotaBytes": "much"}, "/name /archiveStore /quotaBytes"),
    ("PATCH /admin/bucket/$bucket", {"archiveStore": "nowhere", "quotaBytes": -1, "watched": "yes"}, "/archiveStore /quotaBytes /watched"),
    ("PATCH /admin/bucket/$bucket", {"archiveClass": "DEEP_ARCHIVE", "quotaBytes": "much"}, "/archiveClass /quotaBytes"),
    ("PATCH /admin/bucket/x", {"archiveStore": "nowhere", "archiveClass": "DEEP_ARCHIVE"}, "{id} /archiveStore /archiveClass"),
    ("POST /collection", {"name": " ", "description": 5}, "/name /description"),
    ("PATCH /collection/x", {"name": None, "description": 5}, "{id} /name /description"),
    ("PATCH /collection/$collection", {"name": "a\u0007b", "description": 5}, "/name /description"),
    *[(f"{method} /collection/x/item", {"ids": ["y", 5]}, "{id} /ids/0 /ids/1") for method in ("POST", "DELETE")],
    ("POST /admin/field", {"name": "two words", "type": "colour", "label": " ", "required": "yes", "choices": ["a"]}, "/name /type /label /required"),
    ("POST /admin/field", {"name": "two words", "type": "choice"}, "/name /choices"),
    ("POST /admin/field", {"name": "one", "type": "choice", "choices": ["", "a", 5, " "], "multiple": 5}, "/choices/0 /choices/2 /choices/3 /multiple"),
    ("PATCH /admin/field/$choice", {"label": " ", "choices": ["", "a"], "required": "yes"}, "/label /choices/0 /required"),
    ("PATCH /admin/field/$number_id", {"choices": ["a"], "multiple": "yes"}, "/choices /multiple"),
    ("PATCH /admin/field/x", {"label": " ", "multiple": "yes"}, "{id} /label /multiple"),
    *[(f"POST {prefix}/x/clip", CLIP, "{id} " + CLIP_FAULTS) for prefix in ("/asset", "/admin/asset")],
    ("POST /asset/local-restore", {"sourceAssetIds": ["x", 5], "restoreProfileNames": ["none"]}, "/sourceAssetIds/0 /sourceAssetIds/1 /restoreProfileNames/0"),
    ("POST /asset/x/localRestore", {"restoreProfileNames": ["none", 5]}, "{id} /restoreProfileNames/0 /restoreProfileNames/1"),
    ("POST /asset/upload/start", {"fileName": "a", "fileSize": "1", "tags": [""], "languageCode": "e", "customFields": {"$number": "x"}},
     "/fileSize /tags/0 /languageCode /customFields/$number"),
    ("POST /asset/upload/start-related-asset",
     {"fileName": "a", "fileSize": 1, "parentAssetId": "x", "relationshipType": "subtitle", "languageCode": "e", "checksum": "md5:" + "0" * 32},
     "/parentAssetId /languageCode /checksum"),
    ("POST /asset/upload/part/x/complete", {"etag": 5}, "{id} /etag"),
    ("POST /admin/asset/register",
     {"bucketName": 5, "objectKey": "../x", "displayName": "a/b", "tags": [""], "collections": ["a", " "], "process": "no", "customFields": {"$number": "x"}},
     "/bucketName /objectKey /displayName /tags/0 /collections/1 /process /customFields/$number"),
    ("POST /admin/asset/register-many", {"bucketName": "library", "objectKeys": "a", "tags": [""], "collections": [" "], "customFields": {"$number": "x"}},
     "/objectKeys /tags/0 /collections/0 /customFields/$number"),
    ("POST /search", {"query": 5, "filters": {"assetType": 9}, "facets": ["x"], "pageSize": 0}, "/query /filters/assetType /facets/0 /pageSize"),
    *[(f"POST {prefix}/x/share", SHARE, "{id} /recipients/0 /recipients/1 /expirationDate /password /allowDownload /message") for prefix in ("/asset", "/admin/asset")],
    ("POST /share/x/open", {"password": 5, "pass": []}, "/password /pass"),
    ("POST /admin/webhook", {"url": "ftp://example.com", "events": ["asset", "weather", 5], "secret": "short", "enabled": "yes"},
     "/url /events/1 /events/2 /secret /enabled"),
    ("POST /admin/webhook", {"url": "http://10.0.0.1/hook", "events": ["weather", "rain.asset"]}, "/url /events/0 /events/1"),
    ("PATCH /admin/webhook/x", {"url": "http://10.0.0.1/hook", "events": ["weather"], "description": 5}, "{id} /url /events/0 /description"),
    ("POST /admin/webhook/x/replay", {"afterPosition": -1, "from": "soon"}, "{id} /afterPosition /from"),
]


@pytest.fixture(scope="module")
def things(server):
    """Of which the table speaks, by the words that stand for them."""
    admin = server.admin()
    made = lambda path, **body: admin.ok("POST", path, json=body)["id"]
    number = "n" + uuid.uuid4().hex[:10]
    found = {"$number_id": made("/admin/field", name=number, type="number"), "$number": number,
             "$choice": made("/admin/field", name=number + "c", type="choice", choices=["a"]),
             "$user": made("/admin/user", username=number), "$group": made("/admin/group", name=number), "$key": made("/admin/api-key", name=number),
             "$place": admin.folder(admin.root()["id"], number)["id"], "$bucket": admin.ok("GET", "/admin/bucket")["items"][0]["id"],
             "$collection": made("/collection", name=number)}
    yield found
    for word in ("$number_id", "$choice"):
        admin.ok("DELETE", f"/admin/field/{found[word]}")


def filled(value, things):
    if isinstance(value, dict):
        return {filled(key, things): filled(member, things) for key, member in value.items()}
    if isinstance(value, list):
        return [filled(item, things) for item in value]
    return re.sub(r"\$\w+", lambda word: things[word[0]], value) if isinstance(value, str) else value


@pytest.mark.parametrize("route, body, expected", TABLE, ids=[f"{row[0]} {row[2]}" for row in TABLE])
def test_every_fault_of_a_body_is_told(admin, things, route, body, expected):
    method, path = filled(route, things).split()
    assert faults(admin.request(method, path, json=filled(body, things))) == set(filled(expected, things).split(" "))


def test_every_route_with_a_body_has_its_row(server):
    document = requests.get(server.url + "/openapi.json").json()
    served = {(method.upper(), path) for path, methods in document["paths"].items() for method, operation in methods.items()
              if "application/json" in operation.get("requestBody", {}).get("content", {})}
    shape = lambda path: re.sub(r"\{\w+\}", "[^/]+", path) + "$"
    fits = lambda row, method, path: row.split()[0] == method and re.match(shape(path), row.split()[1])
    assert not [route for route in served if not any(fits(row[0], *route) for row in TABLE)]


def test_nobody_hears_what_they_may_not_know(admin, place, things):
    """Whether an id is somebody's is for those who may give them the key or the grant."""
    known = things["$user"]
    user, somebody = make_user(admin, "editor")
    for owner in (NOBODY, known):
        assert faults(somebody.post("/admin/api-key", {"name": " ", "userId": owner})) == {"/name"}
        for asset in (NOBODY, place["id"]):
            assert faults(somebody.post("/admin/grant", {"userId": owner, "assetId": asset, "permission": "fly"})) == {"/permission"}
    grant(admin, user, place, "manage")
    # A collection that is another's is as one that is not there.
    batch = {"targetIds": [place["id"]], "actionArguments": {"collectionId": things["$collection"]}}
    assert somebody.post("/admin/asset/AddCollection", batch).status_code == 404
    assert admin.post("/admin/asset/AddCollection", batch).status_code == 200


def test_an_unknown_id_in_a_body_is_not_found_once_nothing_else_is_wrong(admin, place, things):
    """As one in a path; what cannot be read comes first."""
    group, user, folder = things["$group"], things["$user"], place["id"]
    for path, body, what in (
            ("/admin/grant", {"userId": NOBODY, "assetId": folder, "permission": "read"}, "user"),
            ("/admin/grant", {"groupId": NOBODY, "assetId": folder, "permission": "read"}, "group"),
            ("/admin/grant", {"userId": user, "assetId": NOBODY, "permission": "read"}, "asset"),
            ("/admin/api-key", {"name": "a key", "userId": NOBODY}, "user"),
            (f"/admin/group/{group}/member", {"userId": NOBODY}, "user"),
            ("/admin/asset/AddCollection", {"targetIds": [folder], "actionArguments": {"collectionId": NOBODY}}, "collection"),
            ("/admin/asset/Move", {"targetIds": [folder], "actionArguments": {"parentId": NOBODY}}, "folder"),
            ("/asset/upload/start", {"fileName": "a", "fileSize": 1, "parentId": NOBODY}, "asset")):
        answer = admin.post(path, body)
        assert answer.status_code == 404 and what in answer.json()["detail"], (path, body, answer.text)
