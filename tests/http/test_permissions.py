"""Every route as every kind of caller, against a table written by hand from the reference and api.md 1 and 2; and that
nothing tells a stranger of what he may not see.

A new route needs a row, or test_every_route_has_its_row fails: method and path as in openapi.json, what each caller gets,
and what a success is. Words for the columns' usual contents stand above the table. `id=`... names the thing that stands
for a parameter of the path (see class Things), `body` what is sent; a text that begins with $ is a thing's id.
"""
import re
import subprocess
import time
import uuid
from datetime import datetime, timedelta, timezone

import pytest
import requests
from reelvault_server import PASSWORD as PASSWORD_OF_ADMIN
from reelvault_server import Api, Server

from test_tree import TINY_PNG, grant, make_user

# Grants stand on the folder that every row's things lie in; "viewer" has the role viewer and manages that folder, "reader",
# "writer", "manager" and "foreign" (who was granted nothing) are editors; the keys are an administrator's, with one scope.
COLUMNS = "none expired foreign viewer reader writer manager admin key:read key:upload key:write".split()

#             none expd forn view read writ mana admn k:rd k:up k:wr
PUBLIC     = "ok   ok   ok   ok   ok   ok   ok   ok   ok   ok   ok  "
# Of one asset. Who may not read it cannot tell it from one that is not there (404); under /admin the role is asked first.
READ       = "401  401  404  ok   ok   ok   ok   ok   ok   403  ok  "
WRITE      = "401  401  404  ok   403  ok   ok   ok   403  403  ok  "
A_READ     = "401  401  404  403  ok   ok   ok   ok   ok   403  ok  "
A_WRITE    = "401  401  404  403  403  ok   ok   ok   403  403  ok  "
A_MANAGE   = "401  401  404  403  403  403  ok   ok   403  403  403 "
MANAGE     = "401  401  404  ok   403  403  ok   ok   403  403  403 "
UPLOAD     = "401  401  404  ok   403  ok   ok   ok   403  ok   ok  "
# Of media a key that may not read is as nobody.
MEDIA      = "401  401  404  ok   ok   ok   ok   ok   ok   401  ok  "
# Whoever is signed in: the answer shows each what is theirs.
SIGNED_IN  = "401  401  ok   ok   ok   ok   ok   ok   ok   403  ok  "
CHANGES    = "401  401  ok   ok   ok   ok   ok   ok   403  403  ok  "
EDITOR     = "401  401  ok   403  ok   ok   ok   ok   ok   403  ok  "
E_CHANGES  = "401  401  ok   403  ok   ok   ok   ok   403  403  ok  "
# In a bucket that is known to whoever sees something in it.
REGISTERS  = "401  401  404  403  ok   ok   ok   ok   403  403  ok  "
BUCKET     = "401  401  404  403  404  404  404  ok   403  403  ok  "
ADMIN      = "401  401  403  403  403  403  403  ok   403  403  403 "
# Collections: seen by whoever sees something in them, changed by whoever made them; what goes in or out is judged one by
# one, by what may be done to each.
OWNERS     = "401  401  404  403  403  403  403  ok   403  403  ok  "
ITEMS      = "401  401  404  ok   ok   ok   ok   ok   403  403  ok  "
# What belongs to the user who made it, here the administrator.
OWN_UPLOAD = "401  401  404  404  404  404  404  ok   403  ok   ok  "
UPLOADS    = "401  401  ok   ok   ok   ok   ok   ok   403  ok   ok  "
A_OWN      = "401  401  404  403  404  404  404  ok   ok   403  ok  "
OWN_KEY    = "401  401  404  404  404  404  404  ok   403  403  403 "
KEYS       = "401  401  ok   ok   ok   ok   ok   ok   403  403  403 "


class Row:
    def __init__(self, route, columns, success, body=None, query="", without_token=False, **things):
        self.method, self.path = route.split()
        self.expected = dict(zip(COLUMNS, columns.split(), strict=True))
        self.success, self.body, self.query, self.things = success, body, query, things
        self.without_token = without_token  # it would end the caller's session for all rows to come

    def __repr__(self):
        return f"{self.method} {self.path}{self.query}"


def rows(path, *more, **keywords):
    """A read that is served under both prefixes."""
    return [Row(f"GET /asset{path}", READ, 200, *more, **keywords), Row(f"GET /admin/asset{path}", A_READ, 200, *more, **keywords)]


NAME = "$name"
TABLE = [
    # accounts
    Row("POST /account/login", PUBLIC, 200, {"username": "admin", "password": PASSWORD_OF_ADMIN}),
    Row("POST /account/refresh-token", PUBLIC, 401, {"refreshToken": "unknown"}),
    Row("POST /account/logout", PUBLIC, 204, {"refreshToken": "unknown"}, without_token=True),
    Row("POST /account/change-password", KEYS, 400, {"currentPassword": "wrong", "newPassword": "short"}),
    Row("GET /account/user", SIGNED_IN, 200),
    Row("GET /account/oidc", PUBLIC, 200),
    Row("GET /account/oidc/login", PUBLIC, 404),
    Row("GET /account/oidc/callback", PUBLIC, 404),
    Row("GET /admin/user", ADMIN, 200),
    Row("POST /admin/user", ADMIN, 201, {"username": NAME, "role": "viewer"}),
    Row("GET /admin/user/{id}", ADMIN, 200, id="user"),
    Row("PATCH /admin/user/{id}", ADMIN, 200, {"displayName": "d"}, id="user"),
    Row("DELETE /admin/user/{id}", ADMIN, 204, id="user"),
    Row("GET /admin/group", ADMIN, 200),
    Row("POST /admin/group", ADMIN, 201, {"name": NAME}),
    Row("GET /admin/group/{id}", ADMIN, 200, id="group"),
    Row("PATCH /admin/group/{id}", ADMIN, 200, {"description": "d"}, id="group"),
    Row("DELETE /admin/group/{id}", ADMIN, 204, id="group"),
    Row("GET /admin/group/{id}/member", ADMIN, 200, id="group"),
    Row("POST /admin/group/{id}/member", ADMIN, 201, {"userId": "$user"}, id="group"),
    Row("DELETE /admin/group/{id}/member/{userId}", ADMIN, 204, id="group_of_member", userId="member"),
    Row("GET /admin/api-key", KEYS, 200),
    Row("POST /admin/api-key", KEYS, 201, {"name": "k"}),
    Row("GET /admin/api-key/{id}", OWN_KEY, 200, id="key"),
    Row("PATCH /admin/api-key/{id}", OWN_KEY, 200, {"name": "n"}, id="key"),
    Row("DELETE /admin/api-key/{id}", OWN_KEY, 204, id="key"),
    Row("GET /admin/grant", A_MANAGE, 200, query="?assetId=$folder"),
    Row("POST /admin/grant", A_MANAGE, 201, {"userId": "$user", "assetId": "$folder", "permission": "read"}),
    Row("GET /admin/grantee", A_MANAGE, 200, query="?assetId=$folder&search=adm"),
    Row("GET /admin/grant/{id}", A_MANAGE, 200, id="grant"),
    Row("PATCH /admin/grant/{id}", A_MANAGE, 200, {"permission": "write"}, id="grant"),
    Row("DELETE /admin/grant/{id}", A_MANAGE, 204, id="grant"),
    # the tree
    *rows("/{id}", id="file"),
    *rows("/{id}/children", id="folder"),
    *rows("/{id}/parent-folders", id="file"),
    *rows("/{id}/detail", id="file"),
    *rows("/{id}/{segmentId}/detail", id="film", segmentId="segment"),
    *rows("/{id}/{segmentId}/{screenshotId}/detail", id="film", segmentId="segment", screenshotId="screenshot"),
    *rows("/{assetId}/job-history", assetId="file"),
    *rows("/{id}/history", id="file"),
    *rows("/{id}/version", id="file"),
    *rows("/{id}/access", id="file"),
    Row("GET /asset/{id}/grant", MANAGE, 200, id="file"),
    Row("GET /admin/asset/{id}/grant", A_MANAGE, 200, id="file"),
    *rows("", query="?bucketName=library&objectKey=$file_key"),
    Row("PATCH /asset/{id}", WRITE, 200, {"description": "d"}, id="placeholder"),
    Row("PATCH /admin/asset/{id}", A_WRITE, 200, {"description": "d"}, id="placeholder"),
    Row("POST /asset/{id}/language", WRITE, 200, {"languageCode": "fi"}, id="file"),
    Row("POST /admin/asset/{id}/language", A_WRITE, 200, {"languageCode": "fi"}, id="file"),
    Row("DELETE /admin/asset/{id}", A_WRITE, 204, id="placeholder"),
    Row("POST /asset/{id}/version/{number}/revert", WRITE, 404, id="file", number="$99"),
    Row("POST /admin/asset/{id}/version/{number}/revert", A_WRITE, 404, id="file", number="$99"),
    Row("POST /admin/asset/{parentId}/create-folder", A_WRITE, 201, {"displayName": NAME}, parentId="folder"),
    Row("POST /admin/asset/{parentId}/create-placeholder", A_WRITE, 201, {"displayName": NAME}, parentId="folder"),
    Row("GET /asset/roots", SIGNED_IN, 200),
    Row("GET /asset/deleted", SIGNED_IN, 200),
    Row("GET /admin/asset/deleted", EDITOR, 200),
    Row("GET /admin/bucket", EDITOR, 200),
    Row("POST /admin/bucket", ADMIN, 201, {"name": NAME}),
    Row("GET /admin/bucket/{id}", ADMIN, 200, id="bucket"),
    Row("PATCH /admin/bucket/{id}", ADMIN, 200, {"quotaBytes": None}, id="bucket"),
    # one asset, many assets
    Row("POST /admin/asset/{actionName}", E_CHANGES, 200, {"targetIds": ["$file"]}, actionName="$Index"),
    Row("GET /admin/batch", EDITOR, 200),
    Row("GET /admin/batch/{id}", A_OWN, 200, id="batch"),
    Row("POST /admin/asset/{id}/move", A_WRITE, 200, {"parentId": "$inner"}, id="placeholder"),
    Row("POST /admin/asset/{id}/copy", A_READ.replace("ok   ok   ok   ok   ok   403", "403  ok   ok   ok   403  403"), 201, {"parentId": "$inner", "onConflict": "rename"}, id="file"),
    # A copy of a piece: to be read here, written where it goes. The file is a picture, of which there are no clips.
    Row("POST /asset/{id}/clip", READ, 400, {"startTimecode": 0, "endTimecode": 1}, id="file"),
    Row("POST /admin/asset/{id}/clip", A_READ, 400, {"startTimecode": 0, "endTimecode": 1}, id="file"),
    Row("POST /admin/asset/{id}/duplicate", A_WRITE, 201, {}, id="file"),
    Row("POST /admin/asset/{id}/undelete", A_WRITE, 200, {}, id="trashed"),
    Row("POST /admin/asset/{id}/index", A_WRITE, 200, {}, id="file"),
    Row("POST /admin/asset/{id}/reprocess", A_WRITE, 202, {"steps": ["checksum"]}, id="settled"),
    Row("GET /admin/job", ADMIN, 200),
    Row("GET /admin/job/{id}", ADMIN, 200, id="job"),
    Row("POST /admin/job/{id}/retry", ADMIN, 409, id="job"),
    Row("POST /admin/job/{id}/cancel", ADMIN, 409, id="job"),
    Row("GET /admin/worker", ADMIN, 200),
    # tags, collections, fields
    Row("GET /tag", SIGNED_IN, 200),
    *rows("/{id}/metadata-summary", id="folder"),
    Row("GET /collection", SIGNED_IN, 200),
    Row("POST /collection", CHANGES, 201, {"name": NAME}),
    Row("GET /collection/{id}", READ, 200, id="collection"),
    Row("PATCH /collection/{id}", OWNERS, 200, {"description": "d"}, id="collection"),
    Row("DELETE /collection/{id}", OWNERS, 204, id="collection"),
    Row("GET /collection/{id}/item", READ, 200, id="collection"),
    Row("POST /collection/{id}/item", ITEMS, 200, {"ids": ["$file"]}, id="collection"),
    Row("DELETE /collection/{id}/item", ITEMS, 200, {"ids": ["$file"]}, id="collection"),
    Row("GET /field", SIGNED_IN, 200),
    Row("GET /admin/field", ADMIN, 200),
    Row("POST /admin/field", ADMIN, 201, {"name": NAME, "type": "text"}),
    Row("GET /admin/field/{id}", ADMIN, 200, id="field"),
    Row("PATCH /admin/field/{id}", ADMIN, 200, {"description": "d"}, id="field"),
    Row("DELETE /admin/field/{id}", ADMIN, 204, id="field"),
    # audit, webhooks
    Row("GET /admin/audit", ADMIN, 200),
    Row("GET /admin/webhook", ADMIN, 200),
    Row("POST /admin/webhook", ADMIN, 201, {"url": "https://receiver.invalid/hook"}),
    Row("GET /admin/webhook/{id}", ADMIN, 200, id="webhook"),
    Row("PATCH /admin/webhook/{id}", ADMIN, 200, {"events": ["asset"]}, id="webhook"),
    Row("DELETE /admin/webhook/{id}", ADMIN, 204, id="doomed_webhook"),
    Row("GET /admin/webhook/{id}/delivery", ADMIN, 200, id="webhook"),
    Row("GET /admin/webhook/{id}/delivery/{number}", ADMIN, 404, id="webhook", number="$999999999"),
    Row("POST /admin/webhook/{id}/delivery/{number}/retry", ADMIN, 404, id="webhook", number="$999999999"),
    Row("POST /admin/webhook/{id}/replay", ADMIN, 202, {"deadOnly": True}, id="webhook"),
    Row("POST /admin/webhook/{id}/test", ADMIN, 200, id="webhook"),
    # search
    Row("POST /search", SIGNED_IN, 200, {"query": "file"}),
    Row("GET /search/suggest", SIGNED_IN, 200, query="?prefix=fi"),
    # register and import: the bucket itself is out of sight of whoever has a folder in it alone
    Row("POST /admin/asset/register", E_CHANGES, 404, {"bucketName": "library", "objectKey": "no/such.mov"}),
    Row("POST /admin/asset/register-many", REGISTERS, 200, {"bucketName": "library", "objectKeys": ["no/such.mov"]}),
    Row("GET /admin/bucket/{id}/object", BUCKET, 200, id="bucket"),
    Row("GET /admin/bucket/{id}/missing", BUCKET, 200, id="bucket"),
    Row("GET /admin/bucket/{id}/watch", BUCKET, 200, id="bucket"),
    # archive: this bucket has no tier, and a file that is not archived cannot be restored
    Row("POST /admin/asset/{id}/archive", A_WRITE, 409, id="file"),
    Row("POST /admin/asset/{id}/restore", A_WRITE, 409, id="file"),
    Row("POST /asset/{id}/restore", A_WRITE, 409, id="file"),
    Row("POST /asset/local-restore", CHANGES, 400, {"sourceAssetIds": ["$file"], "restoreProfileNames": ["none"]}),
    Row("POST /asset/{id}/localRestore", WRITE, 400, {"restoreProfileNames": ["none"]}, id="file"),
    # uploads
    Row("POST /asset/upload/start", UPLOAD, 201, {"fileName": NAME, "fileSize": 1, "parentId": "$folder"}),
    Row("POST /asset/upload/start-related-asset", UPLOAD, 201, {"parentAssetId": "$file", "relationshipType": "document", "fileName": "n", "fileSize": 1}),
    Row("PUT /asset/upload/part/{id}", PUBLIC, 403, id="part"),
    Row("POST /asset/upload/part/{id}/complete", OWN_UPLOAD, 409, {"etag": "x"}, id="part"),
    Row("POST /asset/upload/{id}/complete", OWN_UPLOAD, 409, id="upload"),
    Row("POST /asset/upload/{id}/cancel", OWN_UPLOAD, 204, id="upload"),
    Row("GET /asset/upload", UPLOADS, 200),
    Row("GET /asset/upload/{id}", OWN_UPLOAD, 200, id="upload"),
    # media
    Row("GET /media/{assetId}/{relatedAssetId}/{name}", MEDIA, 200, assetId="file", relatedAssetId="related", name="related_name"),
    Row("GET /media/{assetId}/original/{version}/{name}", MEDIA, 200, assetId="file", version="$1", name="$file.png"),
    *rows("/{assetId}/set-cookies/{relatedAssetId}", assetId="file", relatedAssetId="related"),
    *rows("/{assetId}/resolve-full-url", query="?url=$file_url", assetId="file"),
    # sharing
    Row("POST /asset/{id}/share", WRITE, 201, {}, id="file"),
    Row("POST /admin/asset/{id}/share", A_WRITE, 201, {}, id="file"),
    Row("GET /asset/{id}/share", WRITE, 200, id="file"),
    Row("GET /admin/asset/{id}/share", A_WRITE, 200, id="file"),
    Row("DELETE /asset/{id}/share/{shareId}", WRITE, 204, id="file", shareId="share"),
    Row("DELETE /admin/asset/{id}/share/{shareId}", A_WRITE, 204, id="file", shareId="share"),
    Row("GET /share/{token}", PUBLIC, 200, token="share_token"),
    Row("POST /share/{token}/open", PUBLIC, 200, {}, token="share_token"),
    # everything else
    Row("GET /events", SIGNED_IN, 200),
    Row("GET /openapi.json", PUBLIC, 200),
    Row("GET /docs", PUBLIC, 200),
    Row("GET /healthz", PUBLIC, 200),
    Row("GET /readyz", PUBLIC, 200),
    Row("GET /metrics", ADMIN.replace("403", "401"), 200),
]


class Things:
    """What the rows speak of, in one folder. What a row may change is made anew each time it is asked for."""

    FRESH = {"placeholder", "trashed", "user", "group", "group_of_member", "key", "grant", "upload", "part", "name", "collection", "field", "doomed_webhook", "settled", "share"}

    def __init__(self, admin):
        self.admin = admin
        self.made = {}
        self.folder_asset = admin.folder(admin.root()["id"], "permissions " + uuid.uuid4().hex[:6])
        self.file_asset = admin.wait_settled(admin.upload("file.png", TINY_PNG, parentId=self.folder_asset["id"])["id"])

    def __getitem__(self, name):
        if name in self.FRESH:
            return getattr(self, name)()
        if name not in self.made:
            self.made[name] = getattr(self, name)()
        return self.made[name]

    def make(self, path, **body):
        return self.admin.ok("POST", path, json=body)

    def name(self):
        return "n" + uuid.uuid4().hex[:10]

    def folder(self):
        return self.folder_asset["id"]

    def file(self):
        return self.file_asset["id"]

    def film(self):
        content = subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", "-pix_fmt", "yuv420p", "-c:v", "libx264",
                                  "-f", "matroska", "-"], check=True, capture_output=True).stdout
        return self.admin.upload("film.mkv", content, parentId=self.folder())["id"]

    def first_segment(self):
        return self.admin.wait(lambda: (self.admin.ok("GET", f"/asset/{self['film']}/detail")["segments"] or [None])[0])

    def segment(self):
        return self.first_segment()["id"]

    def screenshot(self):
        return self.first_segment()["screenshots"][0]["id"]

    def file_key(self):
        return requests.utils.quote(self.file_asset["objectKey"])

    def file_url(self):
        return requests.utils.quote(self.file_asset["downloadUrl"])

    def inner(self):
        return self.make(f"/admin/asset/{self.folder()}/create-folder", displayName=self.name())["id"]

    def bucket(self):
        return self.admin.ok("GET", "/admin/bucket")["items"][0]["id"]

    def placeholder(self):
        return self.make(f"/admin/asset/{self.folder()}/create-placeholder", displayName=self.name())["id"]

    def trashed(self):
        made = self.placeholder()
        assert self.admin.delete(f"/admin/asset/{made}").status_code == 204
        return made

    def related(self):
        found = self.admin.ok("GET", f"/asset/{self.file()}/detail")["relatedAssets"]
        return next(r["id"] for r in found if r["relationshipType"] == "thumbnail")

    def related_name(self):
        found = self.admin.ok("GET", f"/asset/{self.file()}/detail")["relatedAssets"]
        return next(r["url"].rsplit("/", 1)[1] for r in found if r["relationshipType"] == "thumbnail")

    def batch(self):
        return self.make("/admin/asset/Index", targetIds=[self.file()])["batchId"]

    def job(self):
        return self.admin.ok("GET", f"/asset/{self.file()}/job-history")["items"][0]["id"]

    def user(self):
        return self.make("/admin/user", username=self.name(), role="viewer")["id"]

    def group(self):
        return self.make("/admin/group", name=self.name())["id"]

    def group_of_member(self):
        group = self.group()
        self.made["member"] = self.user()
        self.make(f"/admin/group/{group}/member", userId=self.made["member"])
        return group

    def key(self):
        return self.make("/admin/api-key", name="k")["id"]

    def grant(self):
        return self.make("/admin/grant", userId=self.user(), assetId=self.folder(), permission="read")["id"]

    def collection(self):
        made = self.make("/collection", name=self.name())["id"]
        self.make(f"/collection/{made}/item", ids=[self.file()])
        return made

    def field(self):
        return self.make("/admin/field", name=self.name(), type="text")["id"]

    def settled(self):
        """The file, once nothing is at work on it."""
        self.admin.wait_settled(self.file())
        return self.file()

    def share(self):
        return self.make(f"/asset/{self.file()}/share")["id"]

    def share_token(self):
        return self.make(f"/asset/{self.file()}/share")["url"].rsplit("/", 1)[1]

    def doomed_webhook(self):
        return self.webhook()

    def webhook(self):
        return self.make("/admin/webhook", url="https://receiver.invalid/hook")["id"]

    def open_upload(self):
        return self.admin.start_upload(self.name(), 1, parentId=self.folder())

    def upload(self):
        return self.open_upload()["id"]

    def part(self):
        return self.open_upload()["parts"][0]["id"]


@pytest.fixture(scope="module")
def things(server):
    return Things(server.admin())


@pytest.fixture(scope="module")
def callers(server, things):
    admin = things.admin
    soon = (datetime.now(timezone.utc) + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    expired = admin.ok("POST", "/admin/api-key", json={"name": "expired", "expiresAt": soon})["key"]
    found = {"none": Api(server.url), "expired": Api(server.url, expired), "admin": admin}
    _, found["foreign"] = make_user(admin, "editor")
    for name, role, permission in (("viewer", "viewer", "manage"), ("reader", "editor", "read"), ("writer", "editor", "write"), ("manager", "editor", "manage")):
        user, found[name] = make_user(admin, role)
        grant(admin, user, things.folder_asset, permission)
    for scope in ("read", "upload", "write"):
        found["key:" + scope] = Api(server.url, admin.ok("POST", "/admin/api-key", json={"name": scope, "scopes": [scope]})["key"])
    Api.wait(lambda: found["expired"].get("/account/user").status_code == 401)
    return found


def filled(value, things):
    """With things in place of what begins with $; "$99" and the like stand for themselves where no thing has that name."""
    if isinstance(value, dict):
        return {k: filled(v, things) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, things) for v in value]
    if isinstance(value, str) and value.startswith("$"):
        return things[value[1:]] if hasattr(Things, value[1:]) else value[1:]
    return value


def call(api, row, things):
    names = {p: filled(t, things) if t.startswith("$") else things[t] for p, t in row.things.items()}
    path = re.sub(r"\{(\w+)\}", lambda m: names[m.group(1)], row.path)
    query = re.sub(r"\$(\w+)", lambda m: things[m.group(1)], row.query)
    more = {} if row.method in ("GET", "DELETE", "PUT") and row.body is None else {"json": filled(row.body or {}, things)}
    api = Api(api.url) if row.without_token else api
    with api.request(row.method, path + query, stream=True, **more) as answer:
        return answer.status_code, "" if row.path == "/events" else answer.text


@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_each_caller_gets_what_the_table_says(row, callers, things):
    got, said = {}, {}
    for name, api in callers.items():
        got[name], said[name] = call(api, row, things)
    wanted = {name: row.success if word == "ok" else int(word) for name, word in row.expected.items()}
    wrong = {name: f"{got[name]}, not {wanted[name]}: {said[name][:200]}" for name in COLUMNS if got[name] != wanted[name]}
    assert not wrong


def test_every_route_has_its_row(server):
    document = requests.get(server.url + "/openapi.json").json()
    shape = lambda path: re.sub(r"\{\w+\}", "{}", path)  # the document has one name for paths that differ by a parameter's alone
    served = {f"{method.upper()} {shape(path)}" for path, methods in document["paths"].items() for method in methods}
    named = {f"{row.method} {shape(row.path)}" for row in TABLE}
    assert sorted(served - named) == [], "these routes have no row"
    assert sorted(named - served) == [], "these rows have no route"


def test_an_access_token_that_expired_is_refused():
    with Server(settings={"auth.access_token_s": "30"}) as short:
        admin = short.admin()
        admin.ok("GET", "/account/user")
        time.sleep(31)
        answer = admin.get("/account/user")
        assert answer.status_code == 401 and answer.json()["type"].endswith("token-expired")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


# ---- what a stranger may not learn ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def secret(things):
    """A folder whose inside nobody but the administrator may see, with a file in it, both with words that occur nowhere else."""
    admin = things.admin
    word = "hidden" + uuid.uuid4().hex[:10]
    folder = admin.folder(admin.root()["id"], word)
    file = admin.upload(word + ".png", TINY_PNG, parentId=folder["id"], tags=[word + "tag"])
    collection = admin.ok("POST", "/collection", json={"name": word + " collection"})
    admin.ok("POST", f"/collection/{collection['id']}/item", json={"ids": [file["id"]]})
    return {"word": word, "folder": folder, "file": admin.wait_settled(file["id"])}


def test_nothing_readable_names_what_is_secret(callers, things, secret):
    needles = (secret["word"], secret["folder"]["id"], secret["file"]["id"])
    for name in ("foreign", "viewer", "reader", "writer", "manager"):
        api = callers[name]
        for row in TABLE:
            if row.method != "GET" or row.path in ("/events", "/media/{assetId}/{relatedAssetId}/{name}"):
                continue
            _, text = call(api, row, things)
            assert not any(needle in text for needle in needles), f"{row} tells {name}"


def test_unknown_and_unreadable_are_told_alike(callers, things, secret):
    unknown = str(uuid.uuid4())
    strip = lambda text, asset: re.sub(r'"instance":\s*"[^"]*"', "", text.replace(asset, "ID"))
    checked = 0
    for row in TABLE:
        asset_parameter = next((p for p, t in row.things.items() if t in ("file", "folder", "placeholder", "trashed") and row.path.startswith(("/asset/", "/admin/asset/", "/media/"))), None)
        if not asset_parameter:
            continue
        answers = []
        for asset in (unknown, secret["file"]["id"]):
            class Named(Things):
                def __init__(self):
                    self.made = dict(things.made)
                    self.admin, self.folder_asset, self.file_asset = things.admin, things.folder_asset, things.file_asset
            stand_in = Row(f"{row.method} {row.path}", " ".join(["ok"] * len(COLUMNS)), row.success, row.body, row.query,
                           **{**row.things, asset_parameter: "$" + asset})
            status, text = call(callers["foreign"], stand_in, Named())
            answers.append((status, strip(text, asset)))
        assert answers[0] == answers[1], row
        assert answers[0][0] == 404, row
        checked += 1
    assert checked > 20


def test_bodies_that_name_what_is_secret_learn_nothing(callers, things, secret):
    writer, unknown = callers["writer"], str(uuid.uuid4())
    own = things.placeholder()
    for asset in (secret["folder"]["id"], secret["file"]["id"]):
        tries = [
            ("/asset/upload/start", lambda id: {"fileName": "x", "fileSize": 1, "parentId": id}),
            ("/asset/upload/start", lambda id: {"fileName": "x", "fileSize": 1, "replacesAssetId": id}),
            ("/asset/upload/start-related-asset", lambda id: {"parentAssetId": id, "relationshipType": "document", "fileName": "x", "fileSize": 1}),
            (f"/admin/asset/{own}/move", lambda id: {"parentId": id}),
            (f"/admin/asset/{own}/copy", lambda id: {"parentId": id}),
        ]
        for path, body in tries:
            there, not_there = writer.post(path, body(asset)), writer.post(path, body(unknown))
            same = lambda answer: (answer.status_code, {k: v for k, v in answer.json().items() if k != "instance"})
            assert same(there) == same(not_there), path
            assert there.status_code in (400, 404), path
    for action, arguments in (("Index", {}), ("Delete", {}), ("Move", {"parentId": things.folder()}), ("Duplicate", {}), ("Trash", {})):
        done = writer.post(f"/admin/asset/{action}", {"targetIds": [secret["file"]["id"], unknown, secret["folder"]["id"]], "actionArguments": arguments})
        assert done.status_code == 200, done.text
        results = done.json()["results"]
        assert [r["status"] for r in results] == ["Failed"] * 3, action
        assert len({str({k: v for k, v in r.items() if k != "id"}) for r in results}) == 1, action
        assert secret["word"] not in done.text
    assert things.admin.asset(secret["file"]["id"])["tags"] == [secret["word"] + "tag"]


def test_totals_and_counts_are_of_what_the_caller_sees(server, callers, things):
    """A grant on a folder is a grant on all below it, so counts of a readable folder hide nothing; what stands above it does."""
    admin = things.admin
    top = admin.folder(things.folder(), "counted " + uuid.uuid4().hex[:6])
    seen = admin.folder(top["id"], "seen")
    admin.folder(top["id"], "not seen")
    user, guest = make_user(admin, "editor")
    grant(admin, user, seen, "read")
    assert [a["id"] for a in guest.ok("GET", "/asset/roots")["items"]] == [seen["id"]]
    assert guest.ok("GET", f"/asset/{seen['id']}/children")["totalItemCount"] == 0
    assert guest.ok("GET", f"/asset/{seen['id']}/parent-folders")["items"] == []
    assert guest.get(f"/asset/{top['id']}/children").status_code == 404
    assert "not seen" not in guest.get("/asset/roots").text + guest.get("/admin/bucket").text
    stranger = callers["foreign"]
    assert stranger.ok("GET", "/asset/roots")["items"] == []
    for path in ("/admin/bucket", "/asset/upload", "/admin/asset/deleted", "/asset/deleted"):
        body = stranger.ok("GET", path)
        assert body["items"] == [] and body.get("totalItemCount", 0) == 0, path


def test_of_folders_above_only_the_names_in_the_address_are_told(server, things):
    """docs/decisions/library.md: an asset's address is part of it; everything else of what is above is not."""
    admin = things.admin
    top = admin.folder(things.folder(), "above " + uuid.uuid4().hex[:6])
    admin.ok("PATCH", f"/asset/{top['id']}", json={"description": "abovewords", "tags": ["abovetag"]})
    inner = admin.folder(top["id"], "inner")
    asset = admin.upload("a.txt", b"a", parentId=inner["id"])
    user, guest = make_user(admin, "editor")
    grant(admin, user, inner, "manage")
    told = guest.ok("GET", f"/asset/{asset['id']}")
    assert (told["bucketName"], told["objectKey"], told["path"]) == (asset["bucketName"], asset["objectKey"], asset["path"])
    assert guest.ok("GET", f"/asset?bucketName={told['bucketName']}&objectKey={requests.utils.quote(told['objectKey'])}")["id"] == asset["id"]
    assert [f["id"] for f in guest.ok("GET", f"/asset/{asset['id']}/parent-folders")["items"]] == [inner["id"]]
    above = requests.utils.quote(top["objectKey"])
    assert guest.get(f"/asset?bucketName={told['bucketName']}&objectKey={above}").status_code == 404
    addresses = ("path", "objectKey", "assetPath")
    for path in (f"/asset/{asset['id']}", f"/asset/{asset['id']}/detail", f"/asset/{asset['id']}/access", f"/asset/{asset['id']}/grant",
                 f"/asset/{inner['id']}/children", "/asset/roots", f"/asset/{inner['id']}/history", f"/asset/{inner['id']}/detail"):
        text = guest.get(path).text
        unplaced = text.replace(f'"parentId":"{top["id"]}"', "")
        assert top["id"] not in unplaced and "abovewords" not in text and "abovetag" not in text, path
        bare = re.sub(r'"(%s)":"[^"]*"' % "|".join(addresses), "", text)
        assert top["displayName"] not in bare, path
    found = guest.ok("POST", "/search", json={"query": top["displayName"].split()[1]})
    assert found["items"] == [], "nor can one search for what is above"


def test_a_name_that_is_taken_by_what_one_cannot_see_is_not_described(callers, things):
    """Whoever may write into a folder may read all in it, so a taken name tells nothing new; a bucket's name might."""
    writer = callers["writer"]
    made = writer.ok("POST", f"/admin/asset/{things.folder()}/create-folder", json={"displayName": things.name()})
    again = writer.post(f"/admin/asset/{things.folder()}/create-folder", {"displayName": made["displayName"]})
    assert again.status_code == 409 and again.json()["assetId"] == made["id"]
    assert callers["foreign"].post("/admin/bucket", {"name": "library"}).status_code == 403


def test_the_event_stream_tells_nobody_of_what_they_may_not_read(server, callers, things, secret):
    import threading

    heard = {name: [] for name in ("foreign", "reader", "admin")}
    ready = threading.Barrier(len(heard) + 1, timeout=30)
    mark = "mark" + uuid.uuid4().hex[:8]

    def listen(name):
        with callers[name].session.get(server.url + "/events", stream=True, timeout=30) as stream:
            lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
            next(lines)
            ready.wait()
            until = time.monotonic() + 25
            for line in lines:
                heard[name].append(line)
                if mark in line or time.monotonic() > until:
                    return

    threads = [threading.Thread(target=listen, args=(name,), daemon=True) for name in heard]
    for thread in threads:
        thread.start()
    ready.wait()
    admin = things.admin
    admin.ok("PATCH", f"/asset/{secret['file']['id']}", json={"description": "changed"})
    hidden = admin.folder(secret["folder"]["id"], "more " + secret["word"])
    admin.ok("PATCH", f"/admin/asset/{hidden['id']}", json={"displayName": "renamed " + secret["word"]})
    admin.start_upload("up " + secret["word"], 3, parentId=secret["folder"]["id"])
    admin.folder(things.folder(), mark)
    threads[list(heard).index("reader")].join(25)
    threads[list(heard).index("admin")].join(25)
    time.sleep(0.5)  # whatever the stranger might hear has been sent by now
    assert any(mark in line for line in heard["reader"]) and any(secret["word"] in line for line in heard["admin"])
    for name in ("foreign", "reader"):
        told = "\n".join(heard[name])
        assert secret["word"] not in told and secret["file"]["id"] not in told and secret["folder"]["id"] not in told, name
    assert mark not in "\n".join(heard["foreign"])
