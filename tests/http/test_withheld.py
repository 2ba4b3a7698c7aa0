"""What somebody may not see, keep or infer: ways round the rules that were found by looking for them (api.md 2, 3, 8, 16)."""
import base64
import json
import time

import pytest
import requests
from reelvault_server import Api, Server

from conftest import DATABASES
from test_tree import grant, make_user


def beside(api, asset, content, name="notes.txt", relationship="document", **more):
    """A related asset, uploaded."""
    upload = api.ok("POST", "/asset/upload/start-related-asset", json={
        "parentAssetId": asset["id"], "relationshipType": relationship, "fileName": name, "fileSize": len(content), **more})
    for part in upload["parts"]:
        api.send_part(part, content)
    return api.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})


@pytest.mark.parametrize("database", DATABASES)
def test_what_was_deleted_is_not_served_in_the_place_of_what_came_after_it(database):
    with Server(database, {"storage.sweep_grace_s": "1"}) as server:
        admin = server.admin()
        root = admin.root()["id"]
        secret = admin.upload("a.txt", b"a", parentId=root)
        notes = beside(admin, secret, b"SECRET")
        admin.wait_done(secret["id"])
        assert [admin.get(notes["url"]).content for _ in range(3)] == 3 * [b"SECRET"]
        assert admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [secret["id"]]})["succeededCount"] == 1
        admin.wait(lambda: server.rows("select count(*) from blob") == [["0"]])
        other = admin.upload("b.txt", b"b", parentId=root)
        assert admin.get(beside(admin, other, b"PUBLIC")["url"]).content == b"PUBLIC"


def test_completing_again_tells_nothing_to_whom_the_right_was_taken_from(admin, place):
    user, api = make_user(admin, role="editor")
    held = grant(admin, user, place, "write")
    upload = api.start_upload("a.txt", 1, parentId=place["id"])
    api.send_part(upload["parts"][0], b"a")
    asset = api.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    again = api.post(f"/asset/upload/{upload['id']}/complete")
    assert again.status_code == 200 and again.json()["id"] == asset["id"]
    related = api.ok("POST", "/asset/upload/start-related-asset", json={
        "parentAssetId": asset["id"], "relationshipType": "document", "fileName": "n.txt", "fileSize": 1})
    api.send_part(related["parts"][0], b"n")
    api.ok("POST", f"/asset/upload/{related['id']}/complete", json={})
    admin.wait_settled(asset["id"])
    admin.ok("PATCH", f"/admin/asset/{asset['id']}", json={"description": "what is not theirs any more"})

    admin.ok("DELETE", f"/admin/grant/{held['id']}")
    for each in (upload, related):
        answer = api.post(f"/asset/upload/{each['id']}/complete")
        assert answer.status_code == 404 and "not theirs" not in answer.text, answer.text
        assert admin.post(f"/asset/upload/{each['id']}/complete").status_code == 200
    grant(admin, user, place, "read")
    assert api.post(f"/asset/upload/{upload['id']}/complete").json()["description"] == "what is not theirs any more"
    admin.ok("DELETE", f"/admin/asset/{asset['id']}")
    assert api.post(f"/asset/upload/{upload['id']}/complete").status_code == 404, "as what is in the bin is elsewhere"


def test_what_is_not_available_is_not_had_by_copying_it(admin, place):
    theirs, mine = admin.folder(place["id"], "theirs"), admin.folder(place["id"], "mine")
    user, api = make_user(admin, role="editor")
    grant(admin, user, theirs, "read")
    grant(admin, user, mine, "write")
    film = admin.upload("film.txt", b"embargoed", parentId=theirs["id"])
    other = admin.upload("film.txt", b"mine", parentId=mine["id"])
    admin.wait_done(film["id"])
    admin.wait_done(other["id"])
    admin.ok("PATCH", f"/admin/asset/{film['id']}", json={"availableFrom": "2999-01-01T00:00:00Z"})
    assert api.get(film["downloadUrl"]).json()["type"] == "not-available-now"

    for arguments in ({"onConflict": "rename"}, {"onConflict": "replace"}):
        answer = api.post(f"/admin/asset/{film['id']}/copy", {"parentId": mine["id"], **arguments})
        assert answer.status_code == 403 and answer.json()["type"] == "not-available-now", answer.text
        batch = api.ok("POST", "/admin/asset/Copy", json={
            "targetIds": [film["id"]], "actionArguments": {"parentId": mine["id"], **arguments}})
        assert "not-available-now" in batch["results"][0]["error"]["code"], batch
    api.post(f"/admin/asset/{theirs['id']}/copy", {"parentId": mine["id"]})
    below = api.ok("POST", "/search", json={"query": "film", "filters": {"parentId": mine["id"]}})["items"]
    assert [(item["id"], item["size"]) for item in below] == [(other["id"], 4)], "a folder brings no more than a file does"

    # Who may write it may have it, and so may its readers once it is time.
    assert admin.post(f"/admin/asset/{film['id']}/copy", {"parentId": mine["id"], "onConflict": "rename"}).status_code in (201, 202)
    admin.ok("PATCH", f"/admin/asset/{film['id']}", json={"availableFrom": "2001-01-01T00:00:00Z"})
    assert api.post(f"/admin/asset/{film['id']}/copy", {"parentId": mine["id"], "onConflict": "rename"}).status_code in (201, 202)


def signed_with(api, asset, url):
    return api.ok("GET", f"/asset/{asset['id']}/resolve-full-url", params={"url": url})["url"]


def test_an_address_made_with_a_key_is_good_for_no_more_than_the_key(admin, place):
    asset = admin.upload("a.txt", b"content", parentId=place["id"])
    notes = beside(admin, asset, b"notes")
    admin.wait_done(asset["id"])
    make = lambda **more: admin.ok("POST", "/admin/api-key", json={"name": "k", "scopes": ["read"], **more})

    def fetch(url):
        answer = requests.get(url, timeout=30)
        return answer.status_code, answer.content if answer.status_code == 200 else answer.json()["type"]

    key = make()
    api = Api(admin.url, key["key"])
    url = signed_with(api, asset, asset["downloadUrl"])
    cookies = api.get(f"/asset/{asset['id']}/set-cookies/{notes['id']}").json()["cookies"]
    by_cookie = lambda: requests.get(admin.url + notes["url"], cookies=cookies, timeout=30).status_code
    assert fetch(url) == (200, b"content") and by_cookie() == 200

    # A key that may only read is not the administrator that it belongs to.
    admin.ok("PATCH", f"/admin/asset/{asset['id']}", json={"availableUntil": "2001-01-01T00:00:00Z"})
    assert api.get(asset["downloadUrl"]).status_code == 403
    assert fetch(url) == (403, "not-available-now") and by_cookie() == 403
    assert fetch(signed_with(admin, asset, asset["downloadUrl"])) == (200, b"content")
    admin.ok("PATCH", f"/admin/asset/{asset['id']}", json={"availableUntil": None})
    assert fetch(url) == (200, b"content")

    admin.ok("PATCH", f"/admin/api-key/{key['id']}", json={"scopes": ["upload"]})
    assert fetch(url) == (403, "media-url-invalid") and by_cookie() == 401
    admin.ok("PATCH", f"/admin/api-key/{key['id']}", json={"scopes": ["read"]})
    assert fetch(url) == (200, b"content") and by_cookie() == 200
    admin.ok("DELETE", f"/admin/api-key/{key['id']}")
    assert fetch(url) == (403, "media-url-invalid") and by_cookie() == 401

    ends = time.time() + 3
    brief = make(expiresAt=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ends)) + "Z")
    url = signed_with(Api(admin.url, brief["key"]), asset, asset["downloadUrl"])
    assert fetch(url) == (200, b"content")
    admin.wait(lambda: fetch(url) == (403, "media-url-invalid"), 10)


def test_tokens_of_pages_tell_nothing(admin, place):
    """Where a page ended may be something that its reader may not see."""
    tag = place["displayName"].split()[-1]
    assets = [admin.upload(f"hidden name {n}.txt", b"a", parentId=place["id"], tags=[f"{tag} tag {n}"]) for n in range(3)]
    for n in range(3):
        admin.ok("POST", "/collection", json={"name": f"{tag} collection {n}"})
    for asset in assets:
        admin.wait_settled(asset["id"])
    search = {"query": "hidden", "filters": {"parentId": place["id"]}, "sort": "name", "pageSize": 1}

    def follow(first, rest):
        token = first["nextPageToken"]
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        for known in (b"hidden", tag.encode(), base64.urlsafe_b64encode(b"hidden name").rstrip(b"=")):
            assert known not in raw, (token, known)
        with pytest.raises(ValueError):
            json.loads(raw)
        assert rest(token).status_code == 200
        middle = len(token) // 2
        for wrong in (token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1:],
                      base64.urlsafe_b64encode(b"[0,1]").decode()):
            assert rest(wrong).status_code == 400, wrong

    follow(admin.ok("POST", "/search", json=search), lambda token: admin.post("/search", {**search, "pageToken": token}))
    follow(admin.ok("GET", "/tag", params={"prefix": tag, "pageSize": 1}),
           lambda token: admin.get("/tag", params={"prefix": tag, "pageSize": 1, "pageToken": token}))
    follow(admin.ok("GET", "/collection", params={"name": tag, "pageSize": 1}),
           lambda token: admin.get("/collection", params={"name": tag, "pageSize": 1, "pageToken": token}))
    for asset in assets:
        admin.ok("DELETE", f"/admin/asset/{asset['id']}")
    follow(admin.ok("GET", "/admin/asset/deleted", params={"pageSize": 1}),
           lambda token: admin.get("/admin/asset/deleted", params={"pageSize": 1, "pageToken": token}))


def test_what_holds_a_name_is_told_to_its_readers_alone(admin, place):
    inner, sibling = admin.folder(place["id"], "inner"), admin.folder(place["id"], "sibling")
    user, api = make_user(admin, role="editor")
    grant(admin, user, inner, "write")
    taken = api.patch(f"/admin/asset/{inner['id']}", {"displayName": "sibling"})
    assert taken.status_code == 409 and taken.json()["type"] == "name-taken" and sibling["id"] not in taken.text, taken.text
    admin.ok("PATCH", f"/admin/asset/{sibling['id']}", json={"displayName": "outer"})
    api.ok("DELETE", f"/admin/asset/{inner['id']}")
    admin.ok("PATCH", f"/admin/asset/{sibling['id']}", json={"displayName": "inner"})
    back = api.post(f"/admin/asset/{inner['id']}/undelete")
    assert back.status_code == 409 and back.json()["type"] == "name-taken" and sibling["id"] not in back.text, back.text
    grant(admin, user, place, "read")
    assert api.post(f"/admin/asset/{inner['id']}/undelete").json()["assetId"] == sibling["id"]


@pytest.mark.parametrize("database", DATABASES)
def test_cookies_of_streams_are_secure_where_a_proxy_ends_tls(database):
    with Server(database) as server:
        admin = server.admin()
        asset = admin.upload("a.txt", b"a", parentId=admin.root()["id"])
        notes = beside(admin, asset, b"notes")
        admin.wait_settled(asset["id"])
        server.stop()
        server.settings["http.public_url"] = "https://media.example"
        server.start()
        answer = admin.get(f"/asset/{asset['id']}/set-cookies/{notes['id']}")
        cookies = answer.raw.headers.getlist("Set-Cookie")
        assert len(cookies) == 4 and all("; Secure" in cookie and "; HttpOnly" in cookie for cookie in cookies), cookies


def test_a_signature_goes_along_to_the_playlists_own_links_alone(admin, place):
    asset = admin.upload("a.txt", b"a", parentId=place["id"])
    links = ["a.ts", "sub/b.ts"]
    foreign = ["https://elsewhere.example/x.ts", "//elsewhere.example/x.ts", "/media/x.ts", "../x.ts", "%2e%2e/x.ts", "\\\\elsewhere.example\\x.ts"]
    text = "#EXTM3U\n" + "\n".join(links + foreign) + "\n" + "".join(f'#EXT-X-MAP:URI="{link}"\n' for link in links + foreign)
    playlist = beside(admin, asset, text.encode(), name="list.m3u8", contentType="application/vnd.apple.mpegurl")
    admin.wait_settled(asset["id"])
    answer = requests.get(signed_with(admin, asset, playlist["url"]), timeout=30)
    assert answer.status_code == 200
    signed = [line for line in answer.text.splitlines() if "Signature=" in line or "rv-grant=" in line]
    assert len(signed) == 2 * len(links) and all(any(f"{link}?Policy=" in line for link in links) for line in signed), answer.text
    assert [line for line in answer.text.splitlines() if line in foreign] == foreign


def test_what_is_answered_to_one_is_kept_for_no_other(admin, place):
    asset = admin.upload("a.txt", b"a", parentId=place["id"])
    admin.wait_settled(asset["id"])
    for path in (f"/asset/{asset['id']}", f"/asset/{asset['id']}/detail", f"/asset/{place['id']}/children", "/asset/roots",
                 "/tag", "/asset/upload", "/collection", asset["downloadUrl"], f"/asset/{asset['id']}/history"):
        for method in ("GET", "HEAD"):
            answer = admin.request(method, path)
            assert answer.status_code == 200
            rules = answer.headers.get("Cache-Control", "")
            assert rules == "no-store" or rules.startswith("private"), (path, rules)
    etag = admin.get(f"/asset/{asset['id']}").headers["ETag"]
    same = admin.get(f"/asset/{asset['id']}", headers={"If-None-Match": etag})
    assert same.status_code == 304 and same.headers["Cache-Control"].startswith("private")


def test_to_whom_a_link_went_is_for_those_who_may_make_one(admin, place):
    asset = admin.upload("a.txt", b"a", parentId=place["id"])
    admin.wait_settled(asset["id"])
    made = admin.ok("POST", f"/asset/{asset['id']}/share", json={"recipients": ["customer@example.org"]})
    admin.ok("DELETE", f"/asset/{asset['id']}/share/{made['id']}")
    user, api = make_user(admin)
    held = grant(admin, user, place, "read")
    seen = api.ok("GET", f"/asset/{asset['id']}/history")["items"]
    assert [item["operation"] for item in seen][-2:] == ["share", "revoke-share"]
    assert "customer@example.org" not in json.dumps(seen) and made["id"] not in json.dumps(seen)
    admin.ok("PATCH", f"/admin/grant/{held['id']}", json={"permission": "write"})
    assert "customer@example.org" in json.dumps(api.ok("GET", f"/asset/{asset['id']}/history"))
