"""Sharing by a link: what it opens, for how long, and what ends it (api.md 2, 8, 16)."""
import os
import subprocess
import time
import urllib.parse
from datetime import datetime, timedelta, timezone

import pytest
import requests
from reelvault_server import Api, Server

from conftest import DATABASES
from test_media import film, playlist_files, processed, stream_of  # noqa: F401
from test_tree import TINY_PNG, grant, make_user

URLS = ("thumbnailUrl", "previewUrl", "streamUrl", "spriteUrl", "waveformUrl", "downloadUrl")


def in_seconds(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat()


def share(api, asset, **wanted):
    return api.ok("POST", f"/asset/{asset['id']}/share", json=wanted)


def token_of(made):
    return made["url"].rsplit("/", 1)[1]


def knock(server, made, **shown):
    """As somebody without an account."""
    return requests.post(f"{server.url}/share/{token_of(made)}/open", json=shown, timeout=30)


def opened(server, made, **shown):
    answer = knock(server, made, **shown)
    assert answer.status_code == 200, answer.text
    return answer.json()


def addresses(page):
    return [page[name] for name in URLS if page[name]]


def statuses(urls):
    return [requests.get(url, timeout=30).status_code for url in urls]


@pytest.fixture
def picture(admin, place):
    return admin.wait_settled(admin.upload(f"picture {os.urandom(3).hex()}.png", TINY_PNG, parentId=place["id"])["id"])


def test_a_link_shows_its_film_without_an_account(server, admin, processed):
    made = share(admin, processed, message="Have a look", allowDownload=True)
    assert made["url"].startswith(server.url + "/app/share/") and made["expirationDate"] is None and made["mailed"] is False
    door = requests.get(f"{server.url}/share/{token_of(made)}")
    assert door.status_code == 200 and door.json() == {"passwordRequired": False}
    answer = knock(server, made)
    page = answer.json()
    assert page["displayName"] == processed["displayName"] and page["message"] == "Have a look"
    assert page["mediaType"] == "video" and (page["width"], page["height"]) == (640, 360) and abs(page["durationMs"] - 5000) < 100
    assert answer.headers["Cache-Control"] == "no-store"
    assert statuses(addresses(page)) == [200] * len(URLS)
    left = datetime.fromisoformat(page["urlsExpireAt"]) - datetime.now(timezone.utc)
    assert timedelta(seconds=200) < left <= timedelta(seconds=300)
    probed = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", page["streamUrl"]],
                            capture_output=True, text=True, timeout=60)
    assert "video" in probed.stdout and not probed.stderr, "the signed playlist leads to signed segments"
    # The same by cookies, as the page's player does it.
    player = requests.Session()
    assert player.post(f"{server.url}/share/{token_of(made)}/open", json={}).status_code == 200
    bare = page["streamUrl"].split("?")[0]
    master = player.get(bare)
    assert master.status_code == 200 and requests.get(bare).status_code == 401
    rung = urllib.parse.urljoin(bare, playlist_files(master.text)[0])
    segment = urllib.parse.urljoin(rung, playlist_files(player.get(rung).text)[0])
    assert player.get(segment, headers={"Range": "bytes=0-9"}).status_code == 206
    assert player.get(page["spriteUrl"].split("?")[0]).status_code == 200
    assert player.get(page["downloadUrl"].split("?")[0]).status_code == 401


def test_opens_are_counted_and_the_list_does_not_give_the_link_away(server, admin, picture):
    made = share(admin, picture, recipients=["ann@example.com", "ann@example.com", "bob@example.com"], password="pw")
    first = opened(server, made, password="pw")
    opened(server, made, password="pw")
    opened(server, made, **{"pass": first["pass"]})
    assert knock(server, made, password="no").status_code == 403
    listed = admin.get(f"/asset/{picture['id']}/share")
    (item,) = listed.json()["items"]
    assert item["opens"] == 2 and item["lastOpenedAt"] and item["state"] == "Active" and item["hasPassword"] is True
    assert item["recipients"] == ["ann@example.com", "bob@example.com"] and item["createdByName"] == "admin"
    assert token_of(made) not in listed.text and "argon2" not in listed.text
    history = admin.ok("GET", f"/asset/{picture['id']}/history")["items"]
    told = next(line for line in history if line["operation"] == "share")
    assert told["username"] == "admin" and "ann@example.com, bob@example.com" in told["reason"]
    Api.wait(lambda: any(line["username"] == "link of admin" for line in
                         admin.ok("GET", "/admin/audit", params={"assetId": picture["id"], "kind": "read"})["items"]))


def test_a_password_is_asked_for(server, admin, picture):
    made = share(admin, picture, password="Åse")
    assert requests.get(f"{server.url}/share/{token_of(made)}").json() == {"passwordRequired": True}
    for shown, slug in (({}, "password-required"), ({"password": ""}, "wrong-password"), ({"password": "åse"}, "wrong-password"),
                        ({"pass": "x"}, "password-required")):
        refused = knock(server, made, **shown)
        assert refused.status_code == 403 and refused.json()["type"].endswith(slug), refused.text
        assert picture["displayName"] not in refused.text and picture["id"] not in refused.text and "Set-Cookie" not in refused.headers
    page = opened(server, made, password="A\u030Ase")  # the same, decomposed
    other = share(admin, picture, password="other")
    assert knock(server, other, **{"pass": page["pass"]}).status_code == 403, "a pass is its own share's alone"
    query = urllib.parse.parse_qs(page["previewUrl"].split("?")[1])
    assert knock(server, made, **{"pass": query["rv-grant"][0]}).status_code == 403, "a grant for media is no pass"
    forged = page["previewUrl"].replace(urllib.parse.quote(query["rv-grant"][0]), page["pass"])
    assert requests.get(forged).status_code == 403, "and a pass none for media"


@pytest.mark.parametrize("database", DATABASES)
def test_wrong_passwords_are_limited_by_link_and_by_address(database):
    with Server(database, {"auth.login_attempts": "3", "http.trusted_proxies": "127.0.0.0/8"}) as server:
        admin = server.admin()
        asset = admin.wait_settled(admin.upload("p.png", TINY_PNG)["id"])
        links = [share(admin, asset, password="right") for _ in range(3)]
        knock_from = lambda made, address, password: requests.post(
            f"{server.url}/share/{token_of(made)}/open", json={"password": password}, headers={"X-Forwarded-For": address})
        for i in range(3):
            assert knock_from(links[0], f"203.0.113.{i}", "wrong").status_code == 403
        closed = knock_from(links[0], "203.0.113.99", "right")
        assert closed.status_code == 429 and int(closed.headers["Retry-After"]) > 0, "this link's attempts are used up, from wherever"
        assert knock_from(links[1], "203.0.113.1", "right").status_code == 200, "another link's are not"
        for _ in range(3):
            knock_from(links[1], "198.51.100.7", "wrong")
        assert knock_from(links[2], "198.51.100.7", "right").status_code == 429, "this address's attempts are used up"
        assert knock_from(links[2], "198.51.100.8", "right").status_code == 200
        assert server.admin(), "and signing in is counted apart"


def test_the_end_of_its_time_is_exclusive_and_bounds_what_was_signed(server, admin, picture):
    for past in (in_seconds(-1), "2020-01-01T00:00:00Z", "2020-01-01T23:00:00+09:00"):
        refused = admin.post(f"/asset/{picture['id']}/share", {"expirationDate": past})
        assert refused.status_code == 400 and refused.json()["errors"][0]["pointer"].endswith("/expirationDate")
    ends = datetime.now(timezone.utc) + timedelta(seconds=4)
    made = share(admin, picture, expirationDate=ends.astimezone(timezone(timedelta(hours=9))).isoformat(), allowDownload=True)
    assert abs(datetime.fromisoformat(made["expirationDate"]) - ends) < timedelta(milliseconds=2)
    page = opened(server, made)
    assert datetime.fromisoformat(page["urlsExpireAt"]) <= ends
    assert statuses(addresses(page)) == [200] * len(addresses(page))
    time.sleep((ends - datetime.now(timezone.utc)).total_seconds() + 0.05)
    assert knock(server, made).status_code == 404
    assert knock(server, made, **{"pass": page["pass"]}).status_code == 404
    assert requests.get(f"{server.url}/share/{token_of(made)}").status_code == 404
    assert statuses(addresses(page)) == [403] * len(addresses(page))
    assert admin.ok("GET", f"/asset/{picture['id']}/share")["items"][0]["state"] == "Expired"


def stands(server, made, page):
    """Whether the link and all that it gave still work; they must agree."""
    found = statuses(addresses(page)) + [knock(server, made).status_code, requests.get(f"{server.url}/share/{token_of(made)}").status_code]
    if all(status == 200 for status in found):
        return True
    assert all(status in (403, 404) for status in found), found
    return False


def test_revoking_acts_at_once(server, admin, picture):
    made, kept = share(admin, picture, allowDownload=True), share(admin, picture)
    page, kept_page = opened(server, made), opened(server, kept)
    assert stands(server, made, page)
    path = f"/asset/{picture['id']}/share/{made['id']}"
    assert admin.delete(path).status_code == 204 and admin.delete(path).status_code == 204
    assert not stands(server, made, page) and stands(server, kept, kept_page)
    unknown = "/share/01900000-0000-7000-8000-000000000000"
    assert admin.delete(f"/asset/{picture['id']}{unknown}").status_code == 404
    history = [line["operation"] for line in admin.ok("GET", f"/asset/{picture['id']}/history")["items"]]
    assert history.count("revoke-share") == 1


def test_the_bin_and_deleting_end_it(server, admin, place, picture):
    inner = admin.folder(place["id"], "inner")
    admin.ok("POST", f"/admin/asset/{picture['id']}/move", json={"parentId": inner["id"]})
    made = share(admin, picture, allowDownload=True)
    page = opened(server, made)
    assert admin.delete(f"/admin/asset/{inner['id']}").status_code == 204
    assert not stands(server, made, page), "its folder is in the bin"
    admin.ok("POST", f"/admin/asset/{inner['id']}/undelete", json={})
    assert stands(server, made, page)
    assert admin.delete(f"/admin/asset/{picture['id']}").status_code == 204
    assert not stands(server, made, page)
    admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [picture["id"]]})
    Api.wait(lambda: admin.get(f"/asset/{picture['id']}").status_code == 404)
    assert not stands(server, made, page)


def test_it_is_as_good_as_the_right_of_who_made_it(server, admin, place, picture):
    user, maker = make_user(admin, "editor")
    given = grant(admin, user, place, "write")
    made = share(maker, picture, allowDownload=True)
    page = opened(server, made)
    assert stands(server, made, page)
    admin.ok("PATCH", f"/admin/user/{user['id']}", json={"disabled": True})
    assert not stands(server, made, page), "disabled"
    admin.ok("PATCH", f"/admin/user/{user['id']}", json={"disabled": False})
    assert stands(server, made, page)
    assert admin.delete(f"/admin/grant/{given['id']}").status_code == 204
    assert not stands(server, made, page), "the grant is gone"
    grant(admin, user, place, "read")
    assert stands(server, made, page)
    assert admin.delete(f"/admin/user/{user['id']}").status_code == 204
    assert not stands(server, made, page), "the user is gone"


def test_nothing_but_what_the_page_shows_is_opened(server, admin, place, processed, picture):
    made = share(admin, processed)
    page = opened(server, made)
    query = "?" + page["streamUrl"].split("?")[1]
    assert page["downloadUrl"] is None and page["allowDownload"] is False
    stream = stream_of(admin, processed)
    base = f"{server.url}/media/{processed['id']}/{stream['id']}/"
    assert requests.get(base + "master.m3u8" + query).status_code == 200
    picture_preview = server.url + picture["previewUrl"]
    picture_path = picture["previewUrl"].removeprefix("/media/")
    own_thumbnail = processed["thumbnailUrl"].split("/")[3]
    for wrong in (server.url + processed["downloadUrl"], server.url + processed["thumbnailUrl"], picture_preview,
                  server.url + picture["downloadUrl"], f"{base}../{own_thumbnail}/master.m3u8", f"{base}%2e%2e/{own_thumbnail}/x",
                  f"{base}..%2f..%2f{picture_path}", f"{base}/{picture_path}", f"{server.url}/media/{picture['id']}/{stream['id']}/master.m3u8"):
        request = requests.Request("GET", wrong + query).prepare()
        request.url = wrong + query  # as it is, without tidying
        assert requests.Session().send(request).status_code in (400, 401, 403, 404), wrong
    # A stranger's link of another file, with a signature of this one and the other way round.
    other = opened(server, share(admin, picture))
    swapped = {**dict(urllib.parse.parse_qsl(page["streamUrl"].split("?")[1])), "rv-grant": dict(urllib.parse.parse_qsl(other["previewUrl"].split("?")[1]))["rv-grant"]}
    assert requests.get(base + "master.m3u8", params=swapped).status_code == 403


def test_without_allow_download_no_signature_brings_the_original(server, admin, picture):
    made = share(admin, picture)
    grant_of_share = dict(urllib.parse.parse_qsl(opened(server, made)["previewUrl"].split("?")[1]))["rv-grant"]
    # Even with a signature that covers the original, from somebody who may read it.
    signed = admin.ok("GET", f"/asset/{picture['id']}/resolve-full-url", params={"url": picture["downloadUrl"]})["url"]
    assert requests.get(signed).status_code == 200
    base, query = signed.split("?")
    mixed = {**dict(urllib.parse.parse_qsl(query)), "rv-grant": grant_of_share}
    refused = requests.get(base, params=mixed)
    assert refused.status_code == 403 and refused.json()["type"].endswith("download-not-allowed")
    preview = opened(server, made)["previewUrl"]
    assert requests.get(preview).status_code == 200 and requests.get(preview + "&download=1").status_code == 403


def test_nothing_leaks(server, admin, place, picture):
    admin.ok("PATCH", f"/asset/{picture['id']}", json={"description": "inside words", "tags": ["inside-tag"]})
    made = share(admin, picture, recipients=["secret.person@example.com"], allowDownload=True)
    answer = knock(server, made)
    everything = answer.text + str(answer.headers)
    for word in (place["displayName"], place["id"], picture["path"], picture["bucketName"], "secret.person", "inside words", "inside-tag",
                 "admin", "gps", "location", "parent"):
        assert word.lower() not in everything.lower(), word
    # To somebody else it is as if there were none.
    unknown = requests.get(f"{server.url}/share/{'A' * 22}")
    admin.delete(f"/asset/{picture['id']}/share/{made['id']}")
    revoked = requests.get(f"{server.url}/share/{token_of(made)}")
    without = lambda problem: {k: v for k, v in problem.json().items() if k != "instance"}
    assert unknown.status_code == revoked.status_code == 404 and without(unknown) == without(revoked)
    for odd in ("x", "A" * 500, "%00", "..%2fasset", "A" * 21 + "é"):
        assert requests.get(f"{server.url}/share/{odd}").status_code in (400, 404)


def test_old_content_is_not_shown_by_what_was_signed_for_it(server, admin, picture):
    made = share(admin, picture, allowDownload=True)
    page = opened(server, made)
    assert statuses(addresses(page)) == [200] * len(addresses(page))
    upload = admin.start_upload("new.png", len(TINY_PNG) + 1, replacesAssetId=picture["id"])
    admin.send_part(upload["parts"][0], TINY_PNG + b"\0")
    admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    Api.wait(lambda: admin.wait_settled(picture["id"])["version"] == 2)
    assert 200 not in statuses(addresses(page))
    again = opened(server, made)
    assert requests.get(again["downloadUrl"]).content == TINY_PNG + b"\0"


def test_outside_its_time_the_content_is_not_shown(server, admin, picture):
    made = share(admin, picture, allowDownload=True)
    page = opened(server, made)
    admin.ok("PATCH", f"/asset/{picture['id']}", json={"availableUntil": "2020-01-01T00:00:00Z"})
    assert knock(server, made).status_code == 403
    assert statuses(addresses(page)) == [403] * len(addresses(page))


def test_bad_requests_are_named(admin, place, picture):
    refused = admin.post(f"/asset/{place['id']}/share", {})
    assert refused.status_code == 400 and "folder" in refused.text
    path = f"/asset/{picture['id']}/share"
    for body, pointer in (({"recipients": ["a b@example.com"]}, "/recipients/0"), ({"recipients": ["ok@example.com", "x\r\nBcc: y@z"]}, "/recipients/1"),
                          ({"recipients": ["a@b"] * 51}, "/recipients"), ({"password": ""}, "/password"), ({"password": "x" * 1025}, "/password"),
                          ({"expirationDate": "tomorrow"}, "/expirationDate"), ({"message": "x" * 5001}, "/message"), ({"allowDownload": "maybe"}, "/allowDownload")):
        refused = admin.post(path, body)
        assert refused.status_code == 400 and pointer in [fault["pointer"].lstrip("#") for fault in refused.json()["errors"]], refused.text
    refused = admin.post(path, {"recipients": ["none"], "expirationDate": "2020-01-01T00:00:00Z", "allowDownload": "maybe"})
    assert {fault["pointer"].lstrip("#") for fault in refused.json()["errors"]} == {"/recipients/0", "/expirationDate", "/allowDownload"}
    assert admin.ok("GET", path)["items"] == []


def test_the_log_does_not_hold_the_link():
    with Server(settings={"log.level": "debug"}) as server:
        admin = server.admin()
        asset = admin.upload("p.png", TINY_PNG)
        made = share(admin, asset)
        for path in (f"/share/{token_of(made)}", f"/app/share/{token_of(made)}"):
            requests.get(server.url + path, headers={"Accept": "text/html"})
        knock(server, made)
        Api.wait(lambda: '"/share/..."' in server.log() and '"/app/share/..."' in server.log())
        assert token_of(made) not in server.log()
