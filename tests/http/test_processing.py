"""What becomes of the media that real people have (issue 2, step 4; traps 57 to 83), through the running program.

The files come from tests/media/make.py. What the steps do in detail is tested beside the code; here it is what a user
sees: status, properties, thumbnails, streams that another's parser reads, and reasons that a person understands.
"""
import json
import pathlib
import shutil
import subprocess
import urllib.parse

import pytest
import requests
from reelvault_server import Server

MEDIA = pathlib.Path(__file__).resolve().parents[1] / "media"


@pytest.fixture(scope="session")
def media():
    subprocess.run(["/usr/bin/python3", str(MEDIA / "make.py")], check=True, stdout=subprocess.DEVNULL)
    return MEDIA / "generated"


@pytest.fixture(scope="session")
def server():
    """On SQLite alone: what is tried here does not touch the database's dialect, and encoding is slow."""
    with Server("sqlite", settings={"worker.count": "2"}) as running:
        yield running


@pytest.fixture(scope="session")
def processed(server, media):
    """Uploads every file once, and gives the settled asset by the file's name."""
    admin = server.admin()
    folder = admin.folder(admin.root()["id"], "odd media")
    ids = {}
    for path in sorted(media.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            ids[path.name] = admin.upload_file(path, parentId=folder["id"])["id"]
    return {name: admin.wait_settled(asset_id, timeout=400) for name, asset_id in ids.items()}


def named(processed, stem):
    found = [asset for name, asset in processed.items() if name == stem or name.rsplit(".", 1)[0] == stem]
    if not found:
        pytest.skip(f"no {stem} among the generated media")
    return found[0]


def job_of(admin, asset, step):
    return next(job for job in admin.ok("GET", f"/asset/{asset['id']}/job-history")["items"] if job["jobType"] == step)


def probe(path):
    out = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)], check=True, capture_output=True)
    return json.loads(out.stdout)


def bundle(admin, asset, into):
    """Fetches the stream as a player does, with its cookies, into a folder; gives the master playlist's path."""
    detail = admin.ok("GET", f"/asset/{asset['id']}/detail")
    stream = next(r for r in detail["relatedAssets"] if r["relationshipType"] == "stream")
    grant = admin.ok("GET", f"/asset/{asset['id']}/set-cookies/{stream['id']}")
    cookies = {"Cookie": "; ".join(f"{k}={v}" for k, v in grant["cookies"].items())}
    wanted, had = ["master.m3u8"], set()
    while wanted:
        name = wanted.pop()
        if name in had:
            continue
        had.add(name)
        got = requests.get(admin.url + grant["path"] + name, headers=cookies)
        assert got.status_code == 200, name
        (into / name).write_bytes(got.content)
        if name.endswith(".m3u8"):
            for line in got.text.splitlines():
                if line and not line.startswith("#"):
                    wanted.append(line)
                if 'URI="' in line:
                    wanted.append(line.split('URI="')[1].split('"')[0])
    return into / "master.m3u8"


def test_every_asset_settles_and_the_server_lives(server, processed):
    assert {a["assetStatusName"] for a in processed.values()} <= {"Available", "Error"}
    assert requests.get(server.url + "/healthz").status_code == 200


def test_what_cannot_be_decoded_says_why_in_plain_words(server, processed):
    admin = server.admin()
    for asset in processed.values():
        history = admin.ok("GET", f"/admin/asset/{asset['id']}/job-history")["items"]
        for job in history:
            assert set(job) >= {"id", "jobType", "status", "attempt", "progress", "startedAt", "endedAt", "durationMs", "error", "workerId"}
            if job["status"] == "Failed":
                assert job["error"]["message"].endswith(".") and len(job["error"]["message"]) > 15, (asset["fileName"], job)
        if asset["assetStatusName"] == "Error":
            assert asset["error"] and asset["downloadUrl"], asset["fileName"]
            assert any(job["status"] == "Failed" for job in history), asset["fileName"]
            assert admin.get(asset["downloadUrl"], headers={"Range": "bytes=0-0"}).status_code in (206, 416, 200)


def test_the_job_history_tells_nothing_of_the_machine(server, processed):
    admin = server.admin()
    failed = 0
    for asset in processed.values():
        for path in (f"/asset/{asset['id']}/job-history", f"/admin/job?assetId={asset['id']}"):
            answer = admin.get(path)
            failed += sum(job["status"] == "Failed" for job in answer.json()["items"])
            for secret in (str(server.data_dir), "/scratch", "/input", "insecure memory"):
                assert secret not in answer.text, (asset["fileName"], answer.text)
    assert failed > 0


def test_administrators_see_what_confines_the_decoders(server, processed):
    workers = server.admin().ok("GET", "/admin/worker")["items"]
    assert len(workers) == 2
    for worker in workers:
        assert worker["local"] and worker["isolation"].split(":")[0] in ("bubblewrap", "built-in", "off") and worker["lastClaimAt"]


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_a_picture_that_ends_too_early_is_shown_and_says_so(server, tmp_path, ending):
    admin = server.admin()
    folder = admin.folder(admin.root()["id"], f"cut short {ending}")
    whole = tmp_path / f"whole.{ending}"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1800x1200", "-frames:v", "1", str(whole)], check=True)
    content = whole.read_bytes()
    for name, data, cut in ((f"whole.{ending}", content, False), (f"cut.{ending}", content[:len(content) * 2 // 3], True)):
        asset = admin.wait_settled(admin.upload(name, data, parentId=folder["id"])["id"])
        assert asset["assetStatusName"] == "Available" and admin.get(asset["thumbnailUrl"]).status_code == 200
        jobs = {job["jobType"]: job for job in admin.ok("GET", f"/asset/{asset['id']}/job-history")["items"]}
        assert jobs["thumbnail"]["status"] == "Succeeded" and jobs["thumbnail"]["error"] is None
        assert bool(jobs["thumbnail"]["note"]) == cut, jobs["thumbnail"]
        assert not cut or "ends too early" in jobs["thumbnail"]["note"]
        assert jobs["probe"]["note"] is None


def test_a_sound_that_ends_too_early_plays_and_says_so(server, tmp_path):
    admin = server.admin()
    whole = tmp_path / "whole.wav"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=440:r=48000", "-t", "3", str(whole)], check=True)
    content = whole.read_bytes()
    # Written to a pipe it promises as much as there can be.
    data = content.index(b"data") + 4
    piped = content[:data] + b"\xff" * 4 + content[data + 4:]
    for name, sent, cut in (("whole.wav", content, False), ("piped.wav", piped, False), ("cut.wav", content[:20000], True)):
        asset = admin.wait_settled(admin.upload(name, sent)["id"])
        assert asset["assetStatusName"] == "Available" and asset["streamUrl"], asset
        note = job_of(admin, asset, "probe")["note"]
        assert not note if not cut else "3.0 seconds" in note and "0.2" in note, (name, note)


@pytest.fixture(scope="session")
def containers(tmp_path_factory):
    """Ten seconds in containers that play up to wherever they end."""
    folder = tmp_path_factory.mktemp("containers")
    source = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=10", "-f", "lavfi", "-i", "sine=440:r=48000:d=10")
    mpeg4, h264 = ("-c:v", "mpeg4", "-c:a", "mp3"), ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
    for name, options in (("mpeg4.avi", mpeg4), ("mjpeg.avi", ("-c:v", "mjpeg", "-c:a", "pcm_s16le")), ("plain.ts", h264),
                          ("camera.m2ts", (*h264, "-f", "mpegts", "-mpegts_m2ts_mode", "1"))):
        subprocess.run(["ffmpeg", "-v", "error", *source, *options, str(folder / name)], check=True)
    # Written to a pipe, it promises as much as there can be, and a length that is made up.
    piped = subprocess.run(["ffmpeg", "-v", "error", *source, *mpeg4, "-f", "avi", "-"], check=True, capture_output=True)
    (folder / "piped.avi").write_bytes(piped.stdout)
    return folder


@pytest.mark.parametrize("name", ["mpeg4.avi", "mjpeg.avi", "piped.avi", "plain.ts", "camera.m2ts"])
def test_a_whole_film_is_not_taken_for_one_that_was_cut_off(server, containers, name):
    admin = server.admin()
    asset = admin.wait_done(admin.upload_file(containers / name)["id"])
    assert asset["assetStatusName"] == "Available" and asset["error"] is None
    assert asset["durationMs"] == pytest.approx(10_000, abs=150) and asset["streamUrl"]
    assert not any(job["note"] for job in admin.ok("GET", f"/asset/{asset['id']}/job-history")["items"])


@pytest.mark.parametrize("name", ["mpeg4.avi", "mjpeg.avi"])
def test_a_film_that_was_cut_in_the_middle_says_of_how_much(server, containers, name):
    admin = server.admin()
    whole = (containers / name).read_bytes()
    asset = admin.wait_done(admin.upload(f"cut {name}", whole[:len(whole) // 2])["id"])
    assert asset["assetStatusName"] == "Available" and asset["error"] is None and asset["streamUrl"]
    assert 4_000 < asset["durationMs"] < 6_000
    note = job_of(admin, asset, "probe")["note"]
    assert f"of the {len(whole)} bytes that it promises {len(whole) // 2} are there" in note
    assert "of the 10.0 seconds that it promises" in job_of(admin, asset, "renditions")["note"]
    # Of the index alone nothing that plays is missing.
    asset = admin.wait_done(admin.upload(f"index {name}", whole[:-200])["id"])
    assert asset["assetStatusName"] == "Available" and asset["streamUrl"]
    assert "index" in job_of(admin, asset, "probe")["note"]


@pytest.mark.parametrize("name, packet", [("plain.ts", 188), ("camera.m2ts", 192)])
def test_a_stream_that_ends_in_a_packet_plays_and_says_so(server, containers, name, packet):
    admin = server.admin()
    whole = (containers / name).read_bytes()
    asset = admin.wait_done(admin.upload(f"cut {name}", whole[:len(whole) // 2 // packet * packet + 70])["id"])
    assert asset["assetStatusName"] == "Available" and asset["streamUrl"] and asset["durationMs"] < 6_000
    assert "its last packet is cut off" in job_of(admin, asset, "probe")["note"]


def test_a_film_without_its_index_is_an_error(processed):
    asset = named(processed, "no_index.mp4")
    assert asset["assetStatusName"] == "Error" and "index is missing" in asset["error"]


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv", "cut.m4a"])
def test_of_a_film_that_was_cut_off_there_is_what_there_is_of_it(server, processed, tmp_path, name):
    admin = server.admin()
    asset = admin.wait_done(named(processed, name)["id"])
    assert asset["assetStatusName"] == "Available" and asset["error"] is None and asset["streamUrl"]
    assert 1_000 < asset["durationMs"] < 2_000, "what plays, not what the file says"
    lack = job_of(admin, asset, "renditions")["note"]
    assert "ends too early: of the 3.0 seconds that it promises 1." in lack
    detail = admin.ok("GET", f"/asset/{asset['id']}/detail")
    assert detail["mediaProperties"]["reason"] == lack and detail["mediaProperties"]["durationMs"] == asset["durationMs"]
    assert all(step["status"] == "Succeeded" for step in detail["processing"]), detail["processing"]
    assert abs(float(probe(bundle(admin, asset, tmp_path))["format"]["duration"]) * 1000 - asset["durationMs"]) < 200


def test_text_named_mp4_and_empty_files_are_plain_documents(server, processed):
    admin = server.admin()
    asset = admin.wait_settled(admin.upload("only words.mp4", b"These are words, not pictures.\n" * 20)["id"])
    assert asset["assetStatusName"] in ("Available", "Error") and asset["mediaType"] in ("document", "video", "other")
    assert asset["streamUrl"] is None
    empty = admin.wait_settled(admin.upload("nothing.mp4", b"")["id"])
    assert empty["assetStatusName"] in ("Available", "Error") and empty["streamUrl"] is None
    listed = admin.wait_settled(admin.upload("a list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n/etc/hosts\n")["id"])
    for settled, words in ((asset, "plain text"), (empty, "empty"), (listed, "playlist")):
        reason = admin.ok("GET", f"/asset/{settled['id']}/detail")["mediaProperties"]["reason"]
        assert words in reason and job_of(admin, settled, "probe")["note"] == reason


def test_a_playlist_posing_as_a_film_opens_nothing(processed):
    asset = named(processed, "playlist.mp4")
    assert asset["streamUrl"] is None and asset["durationMs"] is None


@pytest.mark.parametrize("name, width, height", [("rotated_90", None, None), ("rotated_270", None, None)])
def test_rotation_is_baked_in(server, processed, tmp_path, name, width, height):
    asset = named(processed, name)
    assert asset["assetStatusName"] == "Available", asset["error"]
    assert asset["height"] > asset["width"], "upright as it is shown"
    admin = server.admin()
    streams = probe(bundle(admin, asset, tmp_path))["streams"]
    pictures = [s for s in streams if s["codec_type"] == "video"]
    assert pictures and all(s["height"] > s["width"] for s in pictures)
    assert all(d.get("rotation", 0) == 0 for s in pictures for d in s.get("side_data_list", []))
    thumbnail = tmp_path / "thumbnail"
    thumbnail.write_bytes(admin.get(asset["thumbnailUrl"]).content)
    shown = probe(thumbnail)["streams"][0]
    assert shown["height"] > shown["width"]


def test_films_become_streams_that_others_can_read(server, processed, tmp_path):
    admin = server.admin()
    seen = 0
    for name, asset in processed.items():
        if asset["mediaType"] != "video" or asset["assetStatusName"] != "Available" or asset["size"] == 0:
            continue
        folder = tmp_path / asset["id"]
        folder.mkdir()
        found = probe(bundle(admin, asset, folder))
        pictures = [s for s in found["streams"] if s["codec_type"] == "video"]
        assert pictures, name
        for picture in pictures:
            assert picture["codec_name"] == "h264" and picture["pix_fmt"] in ("yuv420p", "yuvj420p"), name
            assert picture["width"] % 2 == 0 and picture["height"] % 2 == 0, name
            assert picture["width"] <= asset["width"] + 1 and picture["height"] <= asset["height"] + 1, f"{name}: never above the source"
            assert picture.get("sample_aspect_ratio", "1:1") in ("1:1", "0:1"), name
        sounds = [s for s in found["streams"] if s["codec_type"] == "audio"]
        assert bool(sounds) == bool(asset["hasAudio"]), name
        assert all(s["codec_name"] == "aac" for s in sounds), name
        assert abs(float(found["format"]["duration"]) * 1000 - asset["durationMs"]) < 700, name
        detail = admin.ok("GET", f"/asset/{asset['id']}/detail")
        assert "WEBVTT" in admin.get(detail["urls"]["spriteVtt"]).text, name
        proxy = folder / "proxy.mp4"
        proxy.write_bytes(admin.get(detail["urls"]["proxy"]).content)
        assert any(s["codec_type"] == "video" for s in probe(proxy)["streams"]), name
        if asset["hasAudio"]:
            peaks = admin.get(detail["urls"]["waveform"]).json()
            assert peaks["length"] > 0 and len(peaks["data"]) >= 2 * peaks["length"], name
        shutil.rmtree(folder)
        seen += 1
    assert seen >= 10


def make_film(path, *options, size="1280x720"):
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=s={size}:r=25", "-f", "lavfi", "-i", "sine=440:r=48000",
                    "-t", "4", "-c:v", "libx264", "-g", "50", "-pix_fmt", "yuv420p", *options, "-c:a", "aac", str(path)], check=True)


def frames_of(path):
    out = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time,key_frame", "-of", "json", str(path)],
                         check=True, capture_output=True)
    return [(round(float(frame["pts_time"]), 3), frame["key_frame"]) for frame in json.loads(out.stdout)["frames"]]


def test_every_rendition_has_the_pictures_of_the_film_at_their_times(server, tmp_path):
    """The pictures of this one begin an audio frame's length after its sound."""
    admin = server.admin()
    make_film(tmp_path / "late.mkv", "-sc_threshold", "0")
    source = frames_of(tmp_path / "late.mkv")
    assert source[0][0] == 0.021 and len(source) == 100
    asset = admin.wait_settled(admin.upload_file(tmp_path / "late.mkv")["id"])
    (tmp_path / "stream").mkdir()
    bundle(admin, asset, tmp_path / "stream")
    keys = [at for at, key in source if key]
    for file in sorted((tmp_path / "stream").glob("v*.mp4")):
        made = frames_of(file)
        assert [at for at, _ in made] == pytest.approx([at for at, _ in source], abs=0.002), file.name
        assert [at for at, key in made if key] == pytest.approx(keys, abs=0.002), file.name
        playlist = (tmp_path / "stream" / f"{file.stem}.m3u8").read_text()
        lengths = [float(line[8:].split(",")[0]) for line in playlist.splitlines() if line.startswith("#EXTINF:")]
        assert sum(lengths) == pytest.approx(4.0, abs=0.005), playlist


@pytest.mark.parametrize("size, expected", [("960x540", "smpte170m"), ("1280x720", "bt709")])
def test_a_film_that_does_not_say_its_colours_looks_alike_in_every_rendition(server, tmp_path, size, expected):
    admin = server.admin()
    make_film(tmp_path / f"unsaid {size}.mp4", size=size)
    assert "color_space" not in probe(tmp_path / f"unsaid {size}.mp4")["streams"][0]
    asset = admin.wait_settled(admin.upload_file(tmp_path / f"unsaid {size}.mp4")["id"])
    (tmp_path / "stream").mkdir()
    bundle(admin, asset, tmp_path / "stream")
    files = sorted((tmp_path / "stream").glob("v*.mp4"))
    assert len(files) > 1
    for file in files:
        video = probe(file)["streams"][0]
        assert {video.get(f"color_{what}") for what in ("space", "primaries", "transfer")} == {expected}, (file.name, video)


def colour_of_the_corner(path):
    out = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-frames:v", "1", "-vf", "format=rgb24,crop=2:2:iw-20:ih-20,scale=1:1", "-f", "rawvideo", "-"],
                         check=True, capture_output=True)
    return tuple(out.stdout[:3])


def test_preview_pictures_of_the_time_line_have_the_colours_of_the_film(server, tmp_path):
    admin = server.admin()
    film = tmp_path / "yellow.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=0xc8c800:s=1280x720:r=25:d=2", "-vf", "scale=out_color_matrix=bt709,format=yuv420p",
                    "-c:v", "libx264", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", str(film)], check=True)
    asset = admin.wait_settled(admin.upload_file(film)["id"])
    for name in ("sprites-1.jpg", "poster.jpg"):
        (tmp_path / name).write_bytes(admin.get(asset["streamUrl"].replace("master.m3u8", name)).content)
        assert colour_of_the_corner(tmp_path / name) == pytest.approx((200, 200, 0), abs=6), name


@pytest.mark.parametrize("number", range(1, 9))
def test_pictures_stand_upright(server, processed, tmp_path, number):
    asset = named(processed, f"orientation_{number}.jpg")
    assert asset["assetStatusName"] == "Available"
    preview = tmp_path / "preview.jpg"
    preview.write_bytes(server.admin().get(asset["previewUrl"]).content)
    first = named(processed, "orientation_1.jpg")
    assert (asset["width"], asset["height"]) == (first["width"], first["height"]), "as it is shown, whatever the file's turn"
    shown = probe(preview)["streams"][0]
    assert (shown["width"] > shown["height"]) == (asset["width"] > asset["height"])


@pytest.mark.parametrize("name", ["cmyk.jpg", "cmyk.tif", "animated.gif", "cover.mp3", "cover.flac", "plain.mp3"])
def test_stills_and_sound_have_pictures_to_show(server, processed, name):
    asset = named(processed, name)
    assert asset["assetStatusName"] == "Available", asset["error"]
    got = server.admin().get(asset["thumbnailUrl"])
    assert got.status_code == 200 and got.headers["Content-Type"].startswith("image/")


def test_names_of_all_scripts_go_through(processed):
    odd = [a for n, a in processed.items() if "\U0001F3AC" in n]
    assert odd and all(a["assetStatusName"] == "Available" for a in odd)


def test_a_failed_job_can_be_run_again(server, processed):
    admin = server.admin()
    broken = next(a for a in processed.values() if a["assetStatusName"] == "Error")
    failed = next(j for j in admin.ok("GET", f"/admin/asset/{broken['id']}/job-history")["items"] if j["status"] == "Failed")
    assert admin.post(f"/admin/job/{failed['id']}/retry").status_code == 200
    admin.wait_settled(broken["id"])
    again = admin.wait(lambda: next((j for j in admin.ok("GET", f"/admin/asset/{broken['id']}/job-history")["items"]
                                     if j["id"] == failed["id"] and j["status"] == "Failed"), None))
    assert again["error"]["message"] == failed["error"]["message"]
