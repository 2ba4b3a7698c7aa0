"""Uploaded subtitles become tracks of the film, in its detail and in its stream (api.md 4, 7 and 16)."""
import os
import subprocess
import urllib.parse

import pytest
import requests

SRT = "\ufeff1\r\n00:00:00,500 --> 00:00:02,000\r\n<i>Grüße</i> & {\\an8}mehr\r\n\r\nnoch mehr\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nEnde\r\n"
LEGACY = "1\n00:00:01,000 --> 00:00:02,000\nПривет, как дела?\n".encode("cp1251")


def upload_related(api, asset, name, content, kind="subtitle", **more):
    upload = api.ok("POST", "/asset/upload/start-related-asset",
                    json={"parentAssetId": asset["id"], "relationshipType": kind, "fileName": name, "fileSize": len(content), **more})
    for part in upload["parts"]:
        api.send_part(part, content[part["offset"]:part["offset"] + part["length"]])
    return api.ok("POST", f"/asset/upload/{upload['id']}/complete")


def detail_of(api, asset):
    return api.ok("GET", f"/asset/{asset['id']}/detail")


def track_of(api, asset, related):
    return api.wait(lambda: next((t for t in detail_of(api, asset)["subtitles"] if t["id"] == related["id"]), None))


def jobs_of(api, asset, kind):
    return [job for job in api.ok("GET", f"/admin/asset/{asset['id']}/job-history")["items"] if job["jobType"] == kind]


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=5", "-f", "lavfi", "-i", "sine=f=440:d=5", "-c:v", "libx264",
                    "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest", str(path)], check=True)
    return path


@pytest.fixture
def film(server, clip, admin, place):
    asset = admin.wait_settled(admin.upload_file(clip, parentId=place["id"])["id"])
    assert asset["assetStatusName"] == "Available", asset
    return asset


def test_subtitles_become_tracks_that_players_get_with_the_streams_cookies(admin, film):
    before = admin.get(film["streamUrl"])
    assert "SUBTITLES" not in before.text
    german = upload_related(admin, film, "film de.srt", SRT.encode(), languageCode="de")
    russian = upload_related(admin, film, "film.srt", LEGACY)
    track = track_of(admin, film, german)
    assert {k: track[k] for k in ("languageCode", "label", "format", "cueCount", "durationMs")} == {
        "languageCode": "de", "label": "German", "format": "srt", "cueCount": 2, "durationMs": 4000}
    text = admin.get(track["url"])
    assert text.headers["Content-Type"].startswith("text/vtt")
    assert text.content.decode() == ("WEBVTT\n\n00:00:00.500 --> 00:00:02.000 line:0\n<i>Grüße</i> &amp; mehr\nnoch mehr\n\n"
                                     "00:00:03.000 --> 00:00:04.000\nEnde\n")
    other = track_of(admin, film, russian)
    assert (other["languageCode"], other["label"]) == (None, "film")
    assert "Привет, как дела?" in admin.get(other["url"]).content.decode()
    # The file stays as it was uploaded.
    kept = next(r for r in detail_of(admin, film)["relatedAssets"] if r["id"] == german["id"])
    assert admin.get(kept["url"]).content == SRT.encode() and kept.get("error") is None

    stream = film["streamUrl"].split("/")[3]
    body = admin.ok("GET", f"/asset/{film['id']}/set-cookies/{stream}")
    cookies = {"Cookie": "; ".join(f"{k}={v}" for k, v in body["cookies"].items())}
    base = admin.url + body["path"]
    master = requests.get(base + "master.m3u8", headers=cookies)
    assert master.headers["ETag"] != before.headers["ETag"] and master.headers["Cache-Control"] == "private, no-cache"
    assert len(master.content) == int(master.headers["Content-Length"])
    assert requests.get(base + "master.m3u8", headers={**cookies, "If-None-Match": master.headers["ETag"]}).status_code == 304
    assert requests.get(base + "master.m3u8", headers={**cookies, "Range": "bytes=5-99"}).content == master.content[5:100]
    lines = master.text.splitlines()
    assert lines[0] == "#EXTM3U" and lines.count("#EXTM3U") == 1
    media = [line for line in lines if line.startswith("#EXT-X-MEDIA:TYPE=SUBTITLES")]
    assert len(media) == 2 and 'NAME="German",LANGUAGE="de"' in media[0] and 'NAME="film"' in media[1]
    assert all('SUBTITLES="subtitles"' in line for line in lines if line.startswith("#EXT-X-STREAM-INF"))
    for line, expected in zip(media, ("Ende", "Привет")):
        uri = line.split('URI="')[1].split('"')[0]
        playlist = requests.get(urllib.parse.urljoin(base, uri), headers=cookies)
        assert playlist.status_code == 200 and "#EXT-X-ENDLIST" in playlist.text
        name = [each for each in playlist.text.splitlines() if not each.startswith("#")]
        assert len(name) == 1
        whole = requests.get(urllib.parse.urljoin(base + uri, name[0]), headers=cookies)
        assert whole.status_code == 200 and whole.text.startswith("WEBVTT") and expected in whole.content.decode()
        assert requests.get(urllib.parse.urljoin(base, uri)).status_code == 401
    # ffmpeg reads by the letter, though it leaves subtitles of HLS alone.
    probed = subprocess.run(["ffprobe", "-v", "error", "-headers", f"Cookie: {cookies['Cookie']}\r\n", "-show_entries", "stream=codec_name",
                             "-of", "csv=p=0", base + "master.m3u8"], capture_output=True, text=True, timeout=60)
    assert {"h264", "aac"} <= set(probed.stdout.split()), (probed.stdout, probed.stderr)


def test_a_second_file_in_one_language_replaces_the_first(admin, film):
    first = upload_related(admin, film, "a.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nold\n", languageCode="en")
    track_of(admin, film, first)
    second = upload_related(admin, film, "b.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nnew\n", languageCode="en")
    track = track_of(admin, film, second)
    assert [t["id"] for t in detail_of(admin, film)["subtitles"]] == [second["id"]] and track["format"] == "vtt"
    assert admin.get(film["streamUrl"]).text.count("TYPE=SUBTITLES") == 1
    stream = film["streamUrl"].rsplit("/", 1)[0]
    assert admin.get(f"{stream}/subtitles/{second['id']}.vtt").status_code == 200
    assert admin.get(f"{stream}/subtitles/{first['id']}.vtt").status_code == 404


def test_one_that_cannot_be_read_leaves_the_one_before_in_its_place(admin, film):
    good = upload_related(admin, film, "good.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nstays\n", languageCode="de")
    track_of(admin, film, good)
    bad = upload_related(admin, film, "bad.srt", b"no subtitles at all", languageCode="de")
    admin.wait(lambda: next((r for r in detail_of(admin, film)["relatedAssets"] if r["id"] == bad["id"] and r.get("error")), None))
    assert good["id"] in [t["id"] for t in detail_of(admin, film)["subtitles"]]
    assert f"subtitles/{good['id']}" in admin.get(film["streamUrl"]).text
    better = upload_related(admin, film, "better.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nbetter\n", languageCode="de")
    track_of(admin, film, better)
    listed = [r["id"] for r in detail_of(admin, film)["relatedAssets"]]
    assert better["id"] in listed and good["id"] not in listed and bad["id"] not in listed


def test_what_cannot_be_read_is_kept_and_says_why(admin, film):
    for content in (b"[Script Info]\nTitle: none\n", b"", os.urandom(5000)):
        related = upload_related(admin, film, "broken.srt", content, languageCode="fr")
        kept = admin.wait(lambda: next((r for r in detail_of(admin, film)["relatedAssets"] if r["id"] == related["id"] and r.get("error")), None))
        assert "neither SRT nor WebVTT" in kept["error"]
        assert admin.get(kept["url"]).content == content
    assert detail_of(admin, film)["subtitles"] == [] and "SUBTITLES" not in admin.get(film["streamUrl"]).text
    last = jobs_of(admin, film, "subtitle")[-1]
    assert last["status"] == "Failed" and "neither SRT nor WebVTT" in str(last)
    assert admin.asset(film["id"])["assetStatusName"] == "Available"


def test_tracks_of_another_film_are_not_reached_through_this_one(admin, film, clip, place):
    other = admin.wait_settled(admin.upload_file(clip, name="other.mp4", parentId=place["id"])["id"])
    foreign = upload_related(admin, other, "x.srt", SRT.encode(), languageCode="de")
    track_of(admin, other, foreign)
    stream = film["streamUrl"].rsplit("/", 1)[0]
    for name in (f"subtitles/{foreign['id']}.vtt", f"subtitles/{foreign['id']}.m3u8", "subtitles/x.vtt", "subtitles/", f"subtitles/{film['id']}.vtt"):
        assert admin.get(f"{stream}/{name}").status_code == 404, name


def test_what_is_uploaded_beside_a_film_that_is_not_there_yet_belongs_to_it(admin, clip, place):
    placeholder = admin.ok("POST", f"/admin/asset/{place['id']}/create-placeholder", json={"displayName": "later.mp4"})
    related = upload_related(admin, placeholder, "later.srt", SRT.encode(), languageCode="de")
    admin.upload_file(clip, name="later.mp4", replacesAssetId=placeholder["id"])
    asset = admin.wait_settled(placeholder["id"])
    track_of(admin, asset, related)
    assert "TYPE=SUBTITLES" in admin.get(asset["streamUrl"]).text

