"""What leaves through /media: rights, streaming cookies, signed addresses, ranges (api.md 16)."""
import os
import random
import re
import subprocess
import urllib.parse
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import pytest
import requests
from reelvault_server import Api
from test_tree import grant, make_user


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """Five seconds of picture and sound."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=5", "-f", "lavfi", "-i", "sine=f=440:d=5", "-c:v", "libx264",
                    "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest", str(path)], check=True)
    return path


@pytest.fixture(scope="session")
def processed(server, film):
    admin = server.admin()
    asset = admin.upload_file(film, name=f"film {os.urandom(3).hex()}.mp4")
    asset = admin.wait_settled(asset["id"])
    assert asset["assetStatusName"] == "Available", asset
    return asset


def stream_of(admin, asset):
    detail = admin.ok("GET", f"/asset/{asset['id']}/detail")
    return next(r for r in detail["relatedAssets"] if r["relationshipType"] == "stream")


def playlist_files(text):
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_a_film_becomes_streamable(admin, processed):
    assert processed["mediaType"] == "video" and (processed["width"], processed["height"]) == (640, 360)
    assert abs(processed["durationMs"] - 5000) < 100 and processed["frameRate"] == "25/1" or processed["frameRate"] == "25"
    assert processed["hasAudio"] is True
    for url in ("thumbnailUrl", "previewUrl"):
        assert admin.get(processed[url]).headers["Content-Type"].startswith("image/")
    master = admin.get(processed["streamUrl"])
    assert master.status_code == 200 and master.text.startswith("#EXTM3U")
    assert "mpegurl" in master.headers["Content-Type"].lower()
    detail = admin.ok("GET", f"/asset/{processed['id']}/detail")
    assert detail["mediaProperties"]["streams"]
    assert {s["step"]: s["status"] for s in detail["processing"]}["renditions"] == "Succeeded"
    assert detail["urls"]["spriteVtt"] and "WEBVTT" in admin.get(detail["urls"]["spriteVtt"]).text
    assert admin.get(detail["urls"]["waveform"]).json()


def test_a_film_that_was_cut_off_plays_as_far_as_it_goes(admin, film, place, tmp_path):
    """Its folder counts what plays; processed again, it is what it was."""
    front = tmp_path / "front.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(film), "-c", "copy", "-movflags", "+faststart", str(front)], check=True)
    content = front.read_bytes()
    asset = admin.wait_done(admin.upload("cut.mp4", content[:len(content) // 2], parentId=place["id"])["id"])
    for _ in range(2):
        assert asset["assetStatusName"] == "Available" and asset["error"] is None and asset["streamUrl"]
        assert 1_500 < asset["durationMs"] < 3_500
        history = admin.ok("GET", f"/asset/{asset['id']}/job-history")["items"]
        note = [job for job in history if job["jobType"] == "renditions"][-1]["note"]
        assert "of the 5.0 seconds that it promises" in note
        assert admin.ok("GET", f"/asset/{asset['id']}/detail")["mediaProperties"]["reason"] == note
        assert admin.ok("GET", f"/admin/asset/{place['id']}/metadata-summary")["totalDurationMs"] == asset["durationMs"]
        admin.ok("POST", f"/admin/asset/{asset['id']}/reprocess", json={})
        asset = admin.wait_done(asset["id"])
    # Once more as a whole, and nothing of it is left.
    whole = admin.upload("cut.mp4", content, replacesAssetId=asset["id"])
    whole = admin.wait_done(whole["id"])
    assert whole["durationMs"] == 5_000 and admin.ok("GET", f"/asset/{whole['id']}/detail")["mediaProperties"].get("reason") is None


def damaged(film, stream, from_share, to_share=1.0):
    """The film, of one of whose streams some packets are noise."""
    found = subprocess.run(["ffprobe", "-v", "error", "-select_streams", stream, "-show_entries", "packet=pos,size", "-of", "csv=p=0", str(film)],
                           check=True, capture_output=True, text=True).stdout.split()
    places = sorted(tuple(reversed([int(number) for number in line.split(",")[:2]])) for line in found)
    content, chance = bytearray(film.read_bytes()), random.Random(1)
    for at, size in places[int(len(places) * from_share):int(len(places) * to_share)]:
        content[at + 5:at + size] = b"\xff" * (size - 5) if stream == "v" else chance.randbytes(size - 5)
    return bytes(content)


# What was copied as it is before: players end at what they cannot decode. "lasts": of what plays.
@pytest.mark.parametrize("stream, first, last, note, lasts", [
    ("v", 0.5, 1, "of its 5.0 seconds of pictures 2.", 5.0),
    ("v", 0.4, 0.6, "parts of its pictures could not be decoded", 5.0),
    ("v", 0, 1, "none of its pictures could be decoded, so its sound is all", 5.0),
    ("a", 0, 1, "parts of its sound could not be decoded", 5.0),
    ("a", 0.4, 0.6, "parts of its sound could not be decoded", 5.0)])
def test_of_a_damaged_film_all_that_can_be_decoded_plays(admin, film, place, tmp_path, stream, first, last, note, lasts):
    asset = admin.wait_done(admin.upload("damaged.mp4", damaged(film, stream, first, last), parentId=place["id"])["id"])
    assert asset["assetStatusName"] == "Available" and asset["error"] is None and asset["streamUrl"]
    assert abs(asset["durationMs"] - lasts * 1000) < 250
    reason = admin.ok("GET", f"/asset/{asset['id']}/detail")["mediaProperties"]["reason"]
    job = [job for job in admin.ok("GET", f"/asset/{asset['id']}/job-history")["items"] if job["jobType"] == "renditions"][-1]
    assert "The file is damaged: " in reason and note in reason and reason in job["note"]
    base = admin.url + f"/media/{asset['id']}/{stream_of(admin, asset)['id']}/"
    master = admin.get(base + "master.m3u8").text
    for name in re.findall(r"^(?!#).+\.m3u8$", master, re.M):
        data = admin.get(base + name.replace(".m3u8", ".mp4")).content
        path = tmp_path / name.replace(".m3u8", ".mp4")
        path.write_bytes(data)
        said = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
        assert said == "", "what plays is whole"


def test_the_last_picture_of_a_slide_show_is_shown_to_its_end(admin, place, tmp_path):
    pictures = tmp_path / "slides.mp4"  # of a kind that is encoded; what is copied keeps its times anyway
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-vf", "select='eq(n,0)+eq(n,40)+eq(n,50)+eq(n,57)+eq(n,80)+eq(n,83)'",
                    "-fps_mode", "vfr", "-c:v", "libx264", "-bf", "0", "-pix_fmt", "yuv444p", str(pictures)], check=True)
    film = tmp_path / "slide show.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(pictures), "-c", "copy", "-bsf:v", "setts=duration='if(eq(NEXT_PTS,NOPTS),6/TB,DURATION)'", str(film)],
                   check=True)
    asset = admin.wait_done(admin.upload_file(film, parentId=place["id"])["id"])
    assert asset["assetStatusName"] == "Available" and abs(asset["durationMs"] - 9_320) < 50
    base = admin.url + f"/media/{asset['id']}/{stream_of(admin, asset)['id']}/"
    names = re.findall(r"^(?!#).+\.m3u8$", admin.get(base + "master.m3u8").text, re.M)
    for name in names:
        assert abs(sum(float(seconds) for seconds in re.findall(r"#EXTINF:([0-9.]+)", admin.get(base + name).text)) - 9.32) < 0.1, name
    path = tmp_path / "v0.mp4"
    path.write_bytes(admin.get(base + "v0.mp4").content)
    shown = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", str(path)], check=True, capture_output=True, text=True)
    times = sorted(float(time.strip(",")) for time in shown.stdout.split())
    assert [round(time, 1) for time in times] == [0, 1.6, 2.0, 2.3, 3.2, 3.3, 9.3], "the last one once more where it ends"


def test_streaming_cookies_open_their_rendition_and_nothing_else(admin, processed):
    stream = stream_of(admin, processed)
    answer = admin.get(f"/asset/{processed['id']}/set-cookies/{stream['id']}")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body["cookies"]) == {"CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id", "rv-grant"}
    assert body["path"] == f"/media/{processed['id']}/{stream['id']}/"
    headers = answer.raw.headers.getlist("Set-Cookie")
    assert len(headers) == 4 and all(f"Path={body['path']}" in h and "HttpOnly" in h for h in headers)
    player = requests.Session()
    cookies = "; ".join(f"{k}={v}" for k, v in body["cookies"].items())
    base = admin.url + body["path"]
    master = player.get(base + "master.m3u8", headers={"Cookie": cookies})
    assert master.status_code == 200
    for name in playlist_files(master.text):
        variant = player.get(urllib.parse.urljoin(base, name), headers={"Cookie": cookies})
        assert variant.status_code == 200 and "#EXT-X-ENDLIST" in variant.text
        for segment in set(playlist_files(variant.text)):
            got = player.get(urllib.parse.urljoin(base, segment), headers={"Cookie": cookies, "Range": "bytes=0-99"})
            assert got.status_code == 206 and len(got.content) == 100
    original = admin.url + processed["downloadUrl"]
    for other in (original, admin.url + processed["thumbnailUrl"], base + "../x/master.m3u8", base + "%2e%2e/x/master.m3u8"):
        assert player.get(other, headers={"Cookie": cookies}).status_code in (400, 401, 403, 404), other
    assert player.get(base + "master.m3u8").status_code == 401
    broken = cookies.replace(body["cookies"]["CloudFront-Policy"], body["cookies"]["CloudFront-Policy"][:-4] + "AAAA")
    assert player.get(base + "master.m3u8", headers={"Cookie": broken}).status_code == 401


def test_revoking_a_right_ends_running_streams(admin, processed):
    user, guest = make_user(admin)
    given = grant(admin, user, {"id": processed["parentId"]}, "read")
    stream = stream_of(admin, processed)
    body = guest.ok("GET", f"/asset/{processed['id']}/set-cookies/{stream['id']}")
    cookies = "; ".join(f"{k}={v}" for k, v in body["cookies"].items())
    url = admin.url + body["path"] + "master.m3u8"
    assert requests.get(url, headers={"Cookie": cookies}).status_code == 200
    admin.delete(f"/admin/grant/{given['id']}")
    assert requests.get(url, headers={"Cookie": cookies}).status_code == 401


def streaming_cookies(reader, asset, stream):
    """How a player asks: the address and the header of its cookies alone."""
    body = reader.ok("GET", f"/asset/{asset['id']}/set-cookies/{stream['id']}")
    return reader.url + body["path"] + "v0.mp4", {"Cookie": "; ".join(f"{k}={v}" for k, v in body["cookies"].items()), "Range": "bytes=0-99"}


def test_streaming_cookies_end_with_their_session(admin, processed):
    user, first = make_user(admin)
    grant(admin, user, {"id": processed["parentId"]}, "read")
    password = "a long enough password"
    second = Api(admin.url).login(user["username"], password)
    stream = stream_of(admin, processed)
    of_first, of_second = streaming_cookies(first, processed, stream), streaming_cookies(second, processed, stream)
    play = lambda player: requests.get(player[0], headers=player[1]).status_code
    assert (play(of_first), play(of_second)) == (206, 206)
    assert first.post("/account/logout", {}).status_code == 204
    assert (play(of_first), play(of_second)) == (401, 206), "the other session goes on"

    third = Api(admin.url).login(user["username"], password)
    of_third = streaming_cookies(third, processed, stream)
    changed = {"currentPassword": password, "newPassword": "yet another good password"}
    assert third.post("/account/change-password", changed).status_code in (200, 204)
    assert (play(of_second), play(of_third)) == (401, 206), "who changes the password stays"
    assert admin.patch(f"/admin/user/{user['id']}", {"disabled": True}).status_code == 200
    assert play(of_third) == 401
    assert admin.patch(f"/admin/user/{user['id']}", {"disabled": False}).status_code == 200
    assert play(of_third) == 401, "disabling ended its session"


def test_an_address_that_was_handed_on_outlives_the_session(admin, processed):
    user, reader = make_user(admin)
    grant(admin, user, {"id": processed["parentId"]}, "read")
    signed = reader.ok("GET", f"/asset/{processed['id']}/resolve-full-url", params={"url": processed["streamUrl"]})["url"]
    reader.post("/account/logout", {})
    assert requests.get(signed).status_code == 200
    admin.patch(f"/admin/user/{user['id']}", {"disabled": True})
    assert requests.get(signed).status_code == 403


def test_a_session_that_has_ended_stays_ended_after_a_restart(own_server, film):
    admin = own_server.admin()
    asset = admin.wait_settled(admin.upload_file(film, name="film.mp4")["id"])
    player = streaming_cookies(admin, asset, stream_of(admin, asset))
    assert admin.post("/account/logout", {}).status_code == 204
    own_server.stop()
    own_server.start()
    path = player[0].removeprefix(admin.url)
    assert requests.get(own_server.url + path, headers=player[1]).status_code == 401
    admin = own_server.admin()
    again = streaming_cookies(admin, asset, stream_of(admin, asset))
    assert requests.get(own_server.url + path, headers=again[1]).status_code == 206


def test_set_cookies_wants_a_related_asset_of_that_asset(admin, processed, place):
    other = admin.upload("other.txt", b"x", parentId=place["id"])
    stream = stream_of(admin, processed)
    assert admin.get(f"/asset/{other['id']}/set-cookies/{stream['id']}").status_code == 404
    assert admin.get(f"/media/{other['id']}/{stream['id']}/master.m3u8").status_code == 404


def test_resolve_full_url_signs_own_addresses_alone(admin, processed):
    path = f"/asset/{processed['id']}/resolve-full-url"
    for url in (processed["downloadUrl"], processed["thumbnailUrl"], processed["streamUrl"]):
        signed = admin.ok("GET", path, params={"url": url})
        got = requests.get(signed["url"])
        assert got.status_code == 200 and signed["url"].startswith(admin.url)
        assert requests.get(signed["url"].replace("Signature=", "Signature=x")).status_code == 403
    for bad in ("https://example.com/", "//example.com/media/x", "/media/../etc/passwd", "\\\\evil", "/asset/roots", "",
                processed["downloadUrl"].replace(processed["id"], "01900000-0000-7000-8000-000000000000")):
        assert admin.get(path, params={"url": bad}).status_code == 400, bad


def test_a_player_needs_nothing_but_the_resolved_address(admin, processed):
    signed = admin.ok("GET", f"/asset/{processed['id']}/resolve-full-url", params={"url": processed["streamUrl"]})["url"]
    probed = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", signed],
                            capture_output=True, text=True, timeout=60)
    assert "video" in probed.stdout and not probed.stderr, (probed.stdout, probed.stderr)
    master = requests.get(signed)
    rungs = [line for line in master.text.splitlines() if line and not line.startswith("#")]
    assert rungs and all("Signature=" in line for line in rungs)
    again = requests.get(signed, headers={"If-None-Match": master.headers["ETag"]})
    assert again.status_code == 304
    assert "Signature=" not in admin.get(processed["streamUrl"]).text


def test_says_since_when_it_is_as_it_is(admin, processed):
    for url in (processed["downloadUrl"], processed["thumbnailUrl"], processed["streamUrl"].replace("master", "v0")):
        since = admin.get(url).headers["Last-Modified"]
        assert parsedate_to_datetime(since) <= datetime.now(timezone.utc)
        assert admin.get(url, headers={"If-Modified-Since": since}).status_code == 304
        assert admin.get(url, headers={"If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}).status_code == 412


def test_ranges_and_conditions(admin, processed, film):
    content = film.read_bytes()
    url = processed["downloadUrl"]
    size = len(content)
    whole = admin.get(url)
    assert whole.content == content and whole.headers["Accept-Ranges"] == "bytes"
    etag = whole.headers["ETag"]
    for given, first, last in (("bytes=0-0", 0, 0), ("bytes=0-1", 0, 1), ("bytes=-100", size - 100, size - 1), ("bytes=1000-", 1000, size - 1),
                               (f"bytes=5-{size * 2}", 5, size - 1)):
        got = admin.get(url, headers={"Range": given})
        assert got.status_code == 206 and got.content == content[first:last + 1]
        assert got.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
    beyond = admin.get(url, headers={"Range": f"bytes={size}-"})
    assert beyond.status_code == 416 and beyond.headers["Content-Range"] == f"bytes */{size}"
    several = admin.get(url, headers={"Range": "bytes=0-9,100-109"})
    assert several.status_code == 206 and several.headers["Content-Type"].startswith("multipart/byteranges")
    assert content[:10] in several.content and content[100:110] in several.content
    assert admin.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200
    assert admin.get(url, headers={"If-None-Match": etag}).status_code == 304
    head = admin.request("HEAD", url)
    assert head.status_code == 200 and int(head.headers["Content-Length"]) == size and not head.content
    assert "attachment" in admin.get(url + "?download=1", headers={"Range": "bytes=0-0"}).headers["Content-Disposition"]


def test_strangers_get_nothing(admin, processed):
    nobody = Api(admin.url)
    for url in (processed["downloadUrl"], processed["thumbnailUrl"], processed["streamUrl"]):
        assert nobody.get(url).status_code == 401


def test_active_content_is_never_opened_in_place(admin, place):
    for name in ("evil.html", "evil.svg"):
        asset = admin.upload(name, b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>", parentId=place["id"])
        got = admin.get(asset["downloadUrl"])
        assert "attachment" in got.headers["Content-Disposition"] and got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]
        admin.wait_settled(asset["id"])
