"""GET /admin/audit: who viewed, downloaded, changed, deleted what, and what happened to accounts (api.md 20, issue 3)."""
import csv
import io
import time
import uuid

import requests
from reelvault_server import PASSWORD, Api
from test_tree import TINY_PNG, grant, make_user


def audit(admin, **query):
    items, token = [], None
    while True:
        page = admin.ok("GET", "/admin/audit", params={**query, **({"pageToken": token} if token else {})})
        items += page["items"]
        token = page["nextPageToken"]
        if not token:
            return items


def of(items, operation):
    return [item for item in items if item["operation"] == operation]


BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"}


def test_the_audit_tells_who_did_what_and_stays_when_the_asset_is_gone(admin, place):
    user, writer = make_user(admin, "editor")
    grant(admin, user, place, "write")
    asset = writer.upload("film.png", TINY_PNG, parentId=place["id"])
    writer.wait_settled(asset["id"])
    writer.ok("PATCH", f"/asset/{asset['id']}", json={"displayName": "renamed.png", "description": "words"})
    for _ in range(3):
        writer.ok("GET", f"/asset/{asset['id']}/detail")
    url = writer.asset(asset["id"])["downloadUrl"]
    assert writer.get(url, params={"download": "1"}).content == TINY_PNG
    assert writer.get(url, params={"download": "1"}, headers={"Range": "bytes=0-3"}).status_code == 206
    assert writer.request("HEAD", url).status_code == 200
    assert writer.get(url, headers=BROWSER).content == TINY_PNG, "in place"
    admin.ok("POST", "/admin/asset/delete", json={"targetIds": [asset["id"]], "actionArguments": {}})
    assert admin.get(f"/asset/{asset['id']}").status_code == 404
    items = admin.wait(lambda: (found := audit(admin, assetId=asset["id"])) and len(of(found, "download")) == 1
                       and of(found, "view") and of(found, "delete") and found)
    assert len(of(items, "download")) == 1, "ranges and repetitions are one"
    assert sorted(item["reason"] or "" for item in of(items, "view")) == ["", "original, version 1"]
    changed = of(items, "update")[0]
    assert changed["assetName"] == "renamed.png" and "displayName" in changed["reason"] and "description" in changed["reason"]
    for item in of(items, "view") + of(items, "download") + [changed]:
        assert item["userId"] == user["id"] and item["username"] == user["username"]
        assert item["address"] == "127.0.0.1" and item["via"] == "session" and item["assetId"] == asset["id"]
    gone = of(items, "delete")[0]
    assert gone["username"] == "admin" and gone["assetName"] == "renamed.png" and gone["kind"] == "change"
    assert {item["kind"] for item in items} == {"change", "read"}
    assert [item["at"] for item in items] == sorted((item["at"] for item in items), reverse=True)


def test_an_original_that_no_browser_shows_was_downloaded(admin, place):
    asset = admin.upload("plain.txt", b"plain", parentId=place["id"])
    url = admin.asset(asset["id"])["downloadUrl"]
    assert admin.get(url).content == b"plain"
    assert [item["reason"] for item in admin.wait(lambda: of(audit(admin, assetId=asset["id"]), "download"))] == ["original, version 1"]
    admin.get(url, headers=BROWSER)
    admin.wait(lambda: of(audit(admin, assetId=asset["id"]), "view"))


def test_an_operation_that_does_not_exist_is_a_fault(admin):
    for wanted in ("explode", "view,explode", "VIEW", "view, download"):
        for more in ({}, {"format": "csv"}):
            answer = admin.get("/admin/audit", params={"operation": wanted, **more})
            assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"].startswith("?operation"), answer.text
    for fine in ("view,download", ["view", "download"]):
        assert admin.get("/admin/audit", params={"operation": fine}).status_code == 200


def test_the_history_of_an_asset_shows_changes_alone(admin, place):
    asset = admin.upload("plain.txt", b"plain", parentId=place["id"])
    admin.wait_settled(asset["id"])
    admin.ok("GET", f"/asset/{asset['id']}/detail")
    admin.wait(lambda: of(audit(admin, assetId=asset["id"]), "view"))
    operations = [item["operation"] for item in admin.ok("GET", f"/asset/{asset['id']}/history")["items"]]
    assert operations and "view" not in operations


def test_what_happens_to_accounts_is_told_without_secrets(admin, place, server):
    name, password, other = "au" + uuid.uuid4().hex[:8], "a long enough pass phrase", "another long pass phrase"
    since = admin.ok("GET", "/admin/audit", params={"pageSize": 1})["items"][0]["at"]
    user = admin.ok("POST", "/admin/user", json={"username": name, "password": password, "role": "viewer"})
    group = admin.ok("POST", "/admin/group", json={"name": "g" + name})
    admin.ok("POST", f"/admin/group/{group['id']}/member", json={"userId": user["id"]})
    given = admin.ok("POST", "/admin/grant", json={"groupId": group["id"], "assetId": place["id"], "permission": "read"})
    admin.ok("PATCH", f"/admin/grant/{given['id']}", json={"permission": "write"})
    assert requests.post(server.url + "/account/login", json={"username": name, "password": "not the password"}).status_code == 401
    unknown = "pw-typed-as-a-name-" + uuid.uuid4().hex
    assert requests.post(server.url + "/account/login", json={"username": unknown, "password": "x"}).status_code == 401
    login = requests.post(server.url + "/account/login", json={"username": name, "password": password}).json()
    api = Api(server.url, login["accessToken"])
    key = api.ok("POST", "/admin/api-key", json={"name": "mine", "scopes": ["read"]})
    assert api.post("/account/change-password", {"currentPassword": password, "newPassword": other}).status_code == 204
    assert requests.post(server.url + "/account/logout", json={"refreshToken": login["refreshToken"]}).status_code == 204
    admin.ok("PATCH", f"/admin/user/{user['id']}", json={"role": "editor", "disabled": True})
    assert admin.delete(f"/admin/grant/{given['id']}").status_code == 204
    assert admin.delete(f"/admin/group/{group['id']}").status_code == 204
    assert admin.delete(f"/admin/user/{user['id']}").status_code == 204
    items = audit(admin, kind="account", **{"from": since})
    told = {item["operation"]: item for item in items if name in str(item) or item["operation"] in ("grant", "change-grant", "revoke-grant", "create-api-key")}
    assert set(told) >= {"create-user", "create-group", "add-member", "grant", "change-grant", "sign-in-failed", "sign-in", "create-api-key",
                         "change-password", "sign-out", "update-user", "revoke-grant", "delete-group", "delete-user"}
    assert told["sign-in"]["userId"] == user["id"] and told["sign-in"]["address"] == "127.0.0.1"
    assert told["sign-in-failed"]["userId"] is None and told["sign-in-failed"]["subjectId"] == user["id"]
    assert told["create-user"]["username"] == "admin" and told["create-user"]["subjectName"] == name
    assert told["grant"]["subjectName"] == group["name"] and told["grant"]["reason"] == "read" and told["grant"]["assetId"] == place["id"]
    for operation in ("grant", "change-grant", "revoke-grant"):
        assert told[operation]["assetName"] == place["displayName"]
    assert "viewer to editor" in told["update-user"]["reason"] and "disabled" in told["update-user"]["reason"]
    everything = str(items) + str(server.rows("select * from audit_entry"))
    for secret in (password, other, key["key"], login["refreshToken"], login["accessToken"], unknown, PASSWORD, "not the password"):
        assert secret not in everything
    assert [item for item in items if item["operation"] == "sign-in-failed" and item["reason"] == "no such user"]


def test_the_audit_exports_csv(admin, place):
    folder = admin.folder(place["id"], "=2+3, \"quoted\"")
    admin.ok("PATCH", f"/asset/{folder['id']}", json={"description": "x"})
    answer = admin.get("/admin/audit", params={"format": "csv", "assetId": folder["id"]})
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["operation"] for row in rows] == ["update", "create"]
    assert rows[0]["assetName"] == "'=2+3, \"quoted\"" and rows[0]["username"] == "admin"


def test_the_audit_is_for_administrators_and_checks_its_query(admin, server):
    _, editor = make_user(admin, "editor")
    assert requests.get(server.url + "/admin/audit").status_code == 401
    assert editor.get("/admin/audit").status_code == 403
    for query, field in (({"kind": "rubbish"}, "?kind"), ({"from": "yesterday"}, "?from"), ({"userId": "7"}, "?userId"),
                         ({"format": "xml"}, "?format"), ({"pageToken": "!"}, "?pageToken"), ({"pageSize": "501"}, "?pageSize")):
        answer = admin.get("/admin/audit", params=query)
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == field, answer.text


def test_reads_survive_a_stop_and_the_audit_a_kill(own_server):
    admin = own_server.admin()
    asset = admin.upload("kept.txt", b"kept", parentId=admin.root()["id"])
    admin.wait_settled(asset["id"])
    admin.ok("GET", f"/asset/{asset['id']}/detail")
    own_server.stop()
    own_server.start()
    admin = own_server.admin()
    assert of(audit(admin, assetId=asset["id"]), "view"), "written when the server stops"
    admin.get(admin.asset(asset["id"])["downloadUrl"], params={"download": 1})
    time.sleep(2.5)
    own_server.kill()
    own_server.start()
    assert of(audit(own_server.admin(), assetId=asset["id"]), "download"), "written within a second or two"
