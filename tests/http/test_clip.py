"""Clips are exact: every picture of the sources here carries its number, and what a clip shows is read back from it."""
import array
import fractions
import json
import pathlib
import subprocess
import tempfile
import uuid

import pytest
from conftest import DATABASES
from test_archive import Library
from test_audit import audit
from test_batch import batch
from test_subtitles import detail_of, track_of, upload_related
from test_tree import TINY_PNG, grant, make_user

WIDTH, HEIGHT, BITS = 256, 64, 16
RATE = 48000


def run(*words, feed=None):
    done = subprocess.run([str(w) for w in words], input=feed, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


def picture(number):
    """The bits of a number as bars, too faint for one picture to be a cut after another: each shot has a still to be made."""
    row = bytes(b for bit in range(BITS) for b in [150 if number >> bit & 1 else 110] * (WIDTH // BITS))
    return row * HEIGHT + bytes([128]) * (WIDTH * HEIGHT // 2)


def numbers(path):
    """Those of the pictures of a file, as they are shown."""
    raw = run("ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf", f"scale={WIDTH}:{HEIGHT}", "-pix_fmt", "gray", "-f", "rawvideo", "-")
    size, out = WIDTH * HEIGHT, []
    for at in range(0, len(raw), size):
        row = raw[at + size // 2:at + size // 2 + WIDTH]
        out.append(sum(1 << bit for bit in range(BITS) if row[bit * (WIDTH // BITS) + WIDTH // BITS // 2] > 130))
    return out


def probe(path, *more):
    return json.loads(run("ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", *more, path))


def times(path):
    """When its pictures are shown, in seconds."""
    frames = probe(path, "-select_streams", "v:0", "-show_frames", "-show_entries", "frame=best_effort_timestamp_time")["frames"]
    return [float(f["best_effort_timestamp_time"]) for f in frames]


def bursts(path):
    """When sound begins after silence, in seconds; 0 as the file's players have it."""
    raw = run("ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-")
    samples, out, quiet = array.array("h", raw), [], RATE
    for at, sample in enumerate(samples):
        quiet = 0 if abs(sample) > 6000 else quiet + 1
        if quiet == 0 and (not out or at - last > RATE // 4):
            out.append(at / RATE)
        if quiet == 0:
            last = at
    return out


def wave(folder, seconds):
    """A burst of 50 ms at the beginning of each second, the first of them of second 1."""
    import math
    import wave as waves
    samples = array.array("h", [0]) * (seconds * RATE)
    for second in range(1, seconds):
        for i in range(RATE // 20):
            samples[second * RATE + i] = int(20000 * math.sin(i * 2 * math.pi * 1000 / RATE))
    path = folder / "sound.wav"
    with waves.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


@pytest.fixture(scope="session")
def films():
    """Sources of 8 seconds: 25 frames a second, drop frame, a varying rate, and one whose times begin late."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="reelvault-clip-"))
    sound = wave(folder, 8)

    def make(name, rate, *options, count=200, filters="null", codec=("-c:v", "libx264", "-g", "30", "-bf", "2", "-preset", "veryfast")):
        raw = b"".join(picture(n) for n in range(count))
        run("ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", rate, "-i", "-", "-i", sound, "-map", "0:v",
            "-map", "1:a", "-vf", filters, *codec, "-c:a", "aac", "-b:a", "96k", *options, folder / name, feed=raw)
        return folder / name

    def turned(path):
        run("ffmpeg", "-v", "error", "-y", "-i", path, "-c", "copy", "-metadata:s:v:0", "rotate=90", folder / "turned.mp4")
        return folder / "turned.mp4"

    yield {
        "plain": make("plain.mp4", "25"),
        "tape": make("tape.mov", "30000/1001", "-timecode", "00:00:57;00", count=240),
        "late": make("late.ts", "25", "-output_ts_offset", "7"),
        "matroska": make("coarse.mkv", "30000/1001", count=240),
        "varying": make("varying.mp4", "25", "-fps_mode", "vfr", filters="select='lt(mod(n*n,11),6)'"),
        "turned": turned(make("wide.mp4", "25", filters="setsar=2")),
        "deep": make("deep.mp4", "25", "-pix_fmt", "yuv422p10le"),
        "sound": sound,
    }
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture(scope="module")
def library(server, films):
    """The sources, uploaded once for each database."""
    admin = server.admin()
    folder = admin.folder(admin.root()["id"], f"clips {uuid.uuid4().hex[:6]}")
    made = {name: admin.upload_file(path, parentId=folder["id"]) for name, path in films.items()}
    found = {name: admin.wait_settled(asset["id"]) for name, asset in made.items()}
    assert {a["assetStatusName"] for a in found.values()} == {"Available"}, found
    found["folder"] = folder
    return found


def clip(api, source, start, end, prefix="/admin/asset", **more):
    return api.post(f"{prefix}/{source['id']}/clip", {"startTimecode": start, "endTimecode": end, **more})


@pytest.fixture
def cut(admin, library, place, tmp_path):
    """Makes a clip; gives the asset when it has settled, and its file."""
    def make(source, start, end, **more):
        answer = clip(admin, library[source] if isinstance(source, str) else source, start, end, **{"parentId": place["id"], **more})
        assert answer.status_code == 201, answer.text
        assert answer.json()["assetStatusName"] == "Clipping" and answer.json()["assetStatus"] == 19
        asset = admin.wait_settled(answer.json()["id"])
        assert asset["assetStatusName"] == "Available", asset
        path = tmp_path / (asset["id"] + pathlib.Path(asset["fileName"]).suffix)
        path.write_bytes(admin.get(asset["downloadUrl"]).content)
        return asset, path
    return make


def history(api, asset):
    return api.ok("GET", f"/asset/{asset['id']}/history")["items"]


@pytest.mark.parametrize("start, end, first, last", [
    ("00:00:01:00", "00:00:03:00", 25, 74),
    ("00:00:01.500", "00:00:02.000", 37, 49),   # 37.5: the frame shown then
    (2.04, 2.08, 51, 51),
    (0, 8, 0, 199),
    ("00:00:07:24", "00:00:08:00", 199, 199),
    ("00:00:00:00", "00:00:00:01", 0, 0),
    (3.001, 3.002, 75, 75),                     # within one frame: that one
])
def test_at_25_frames(cut, start, end, first, last):
    asset, path = cut("plain", start, end)
    assert numbers(path) == list(range(first, last + 1))
    shown = times(path)
    assert shown == pytest.approx([n / 25 for n in range(last - first + 1)], abs=1e-4)
    found = probe(path)
    assert [s["codec_name"] for s in found["streams"]] == ["h264", "aac"]
    assert asset["contentType"] == "video/mp4" and asset["frameRate"] == "25/1" and asset["startTimecode"] is None
    assert asset["durationMs"] == pytest.approx((last - first + 1) * 40, abs=25)
    assert asset["thumbnailUrl"] and asset["streamUrl"] and len(asset["checksum"]) > 32


@pytest.mark.parametrize("source", ["plain", "late", "matroska", "tape"])
def test_sound_stays_with_the_picture(cut, films, source):
    rate = 30000 / 1001 if source in ("matroska", "tape") else 25
    _, path = cut(source, 2.52, 6.04)
    first = numbers(path)[0]
    # Elapsed time counts from the file's beginning, where its sound may begin before its picture.
    found = probe(films[source])
    begins = float(found["streams"][0]["start_time"]) - float(found["format"]["start_time"])
    assert first == int((2.52 - begins) * rate + 0.05)
    heard = bursts(path)
    wanted = [second - first / rate for second in (3, 4, 5)]
    assert heard[:3] == pytest.approx(wanted, abs=0.03), "in step with the pictures"


@pytest.mark.parametrize("source", ["late", "matroska", "deep"])
def test_times_that_begin_late_or_are_rounded(cut, source):
    rate = 30000 / 1001 if source == "matroska" else 25
    for start, end, first, last in [("00:00:02:07", "00:00:04:01", None, None), ("00:00:00:00", "00:00:00:05", 0, 4)]:
        _, path = cut(source, start, end)
        base = 30 if source == "matroska" else 25
        first = 2 * base + 7 if first is None else first
        last = 4 * base if last is None else last
        assert numbers(path) == list(range(first, last + 1)), source
        assert times(path) == pytest.approx([n / rate for n in range(last - first + 1)], abs=1e-3)


def test_drop_frame(cut):
    # It begins at 00:00:57;00: 90 frames before the minute, whose first two numbers are left out.
    asset, path = cut("tape", "00:00:59;28", "00:01:00;04")
    assert numbers(path) == [88, 89, 90, 91]
    assert asset["startTimecode"] == "00:00:59;28" and asset["frameRate"] == "30000/1001"
    asset, path = cut("tape", "00:01:00;02", "00:01:01;00")
    assert numbers(path) == list(range(90, 118)) and asset["startTimecode"] == "00:01:00;02"
    _, again = cut(asset, "00:01:00;04", "00:01:00;06")  # a clip of a clip counts on
    assert numbers(again) == [92, 93]
    _, path = cut("tape", "00:00:01.001", "00:00:02.002")  # elapsed
    assert numbers(path) == list(range(30, 60))


TAPES = {  # rate, start, in point
    "film.mov": ("24000/1001", "10:00:00:00", "10:00:02:05"),
    "plain.mp4": ("30000/1001", "00:00:58:00", "00:01:00:00"),
    "drop.mkv": ("30000/1001", "00:00:58;00", "00:01:00;03"),
    "fast drop.mov": ("60000/1001", "00:08:58;10", "00:09:00;04"),
    "midnight.mxf": ("60", "23:59:58:00", "00:00:00:07"),
    "slow.mp4": ("15", "01:00:00:00", "01:00:02:14"),
    "faster.mov": ("120", "01:00:00:00", "01:00:02:104"),
    "odd.mkv": ("36/5", "01:00:00:00", "01:00:02:07"),  # MP4 cannot count by it
    "varying.mov": ("25", "01:00:00:00", "01:00:02:00"),  # nor at no steady rate
}


@pytest.fixture(scope="session")
def tapes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tapes")
    for name, (rate, start, _) in TAPES.items():
        raw = b"".join(picture(n) for n in range(int(4 * fractions.Fraction(rate))))
        codec = ("-c:v", "mpeg2video", "-g", "12", "-q:v", "3", "-pix_fmt", "yuv422p") if name.endswith(".mxf") else ("-c:v", "libx264", "-g", "30", "-preset", "veryfast")
        varying = ("-fps_mode", "vfr", "-vf", "select='lt(mod(n*n,11),6)'") if name.startswith("varying") else ()
        run("ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", rate, "-i", "-", *codec, *varying,
            "-timecode", start, folder / name, feed=raw)
    return folder


def counted(label, rate):
    """The number of the picture that has this label, from midnight."""
    numbers_a_second = -(-fractions.Fraction(rate) // 1)
    hours, minutes, seconds, frames = (int(word) for word in label.replace(";", ":").split(":"))
    minutes += 60 * hours
    dropped = numbers_a_second // 15 * (minutes - minutes // 10) if ";" in label else 0
    return (60 * minutes + seconds) * numbers_a_second + frames - dropped


@pytest.mark.parametrize("name", TAPES)
def test_a_clip_begins_with_the_timecode_of_its_first_picture(admin, place, tapes, cut, name):
    rate, start, point = TAPES[name]
    source = admin.wait_settled(admin.upload_file(tapes / name, parentId=place["id"])["id"])
    assert source["startTimecode"] == start, source
    rate = source["frameRate"] if name.startswith("varying") else rate
    for mode in ("exact", "fast"):
        asset, path = cut(source, point, 3.5, mode=mode)
        first = numbers(path)[0]
        label = asset["startTimecode"]
        assert label and (";" in label) == (";" in start)
        day = counted("24:00:00" + start[8:9] + "00", rate)
        number = (counted(label, rate) - counted(start, rate)) % day
        if name.startswith("varying"):
            assert number == pytest.approx(first / 25 * fractions.Fraction(rate), abs=0.6)
        else:
            assert number == first and (mode == "fast" or label == point)
        detail = admin.ok("GET", f"/asset/{asset['id']}/detail")
        assert detail["mediaProperties"]["startTimecode"] == label
    if name in ("odd.mkv", "varying.mov"):
        # It stays known when the clip is looked at once more, is copied, and is cut itself.
        admin.ok("POST", f"/admin/asset/{asset['id']}/reprocess", json={"steps": ["probe"]})
        admin.wait_done(asset["id"])
        assert admin.asset(asset["id"])["startTimecode"] == label
        copy = batch(admin, "Duplicate", [asset["id"]])["results"][0]["newId"]
        assert admin.asset(copy)["startTimecode"] == label
        again, _ = cut(admin.asset(copy), label, 1)
        assert again["startTimecode"] == label


GERMAN = ("1\n00:00:00,500 --> 00:00:01,000\nvorher\n\n2\n00:00:01,000 --> 00:00:03,000\n<i>Grüße</i> & mehr\n\n3\n00:00:04,000 --> 00:00:04,500\n"
          "mitten\n\n4\n00:00:04,800 --> 00:00:07,000\nhinaus\n\n5\n00:00:07,000 --> 00:00:07,500\nnachher\n")
NAMED = ("WEBVTT\n\nSTYLE\n::cue { color: lime }\n\nwords\n00:03.000 --> 00:04.000 line:10%\none <00:03.400>two <00:03.800>three\n\n"
         "00:01.900 --> 00:03.000\na <00:01.950>b <00:02.500>c\n")


def with_subtitles(api, film, place):
    """The film with three tracks, of which one says something at its end alone."""
    source = api.wait_settled(api.upload_file(film, parentId=place["id"])["id"])
    tracks = [upload_related(api, source, "film de.srt", GERMAN.encode(), languageCode="de"), upload_related(api, source, "with style.vtt", NAMED.encode()),
              upload_related(api, source, "fin.srt", b"1\n00:00:07,500 --> 00:00:08,000\nfin\n", languageCode="fr")]
    for track in tracks:
        track_of(api, source, track)
    return source


def cues(text):
    return [(line.split()[0], line.split()[2]) for line in text.splitlines() if "-->" in line]


def test_subtitles_are_the_part_within_range(admin, films, place, cut):
    source = with_subtitles(admin, films["plain"], place)
    asset, _ = cut(source, "00:00:02:00", "00:00:05:00")
    tracks = detail_of(admin, asset)["subtitles"]
    assert [(t["languageCode"], t["label"], t["cueCount"], t["durationMs"], t["format"]) for t in tracks] == [
        ("de", "German", 3, 3000, "vtt"), (None, "with style", 2, 2000, "vtt")]
    german, named = (admin.get(t["url"]).content.decode() for t in tracks)
    assert german == ("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<i>Grüße</i> &amp; mehr\n\n00:00:02.000 --> 00:00:02.500\nmitten\n\n"
                      "00:00:02.800 --> 00:00:03.000\nhinaus\n")
    assert named == ("WEBVTT\n\nSTYLE\n::cue { color: lime }\n\n00:00:00.000 --> 00:00:01.000\na b <00:00:00.500>c\n\n"
                     "words\n00:00:01.000 --> 00:00:02.000 line:10%\none <00:00:01.400>two <00:00:01.800>three\n")
    # They are files beside the clip as uploaded ones are, of the part alone.
    related = [r for r in detail_of(admin, asset)["relatedAssets"] if r["relationshipType"] == "subtitle"]
    assert [r["id"] for r in related] == [t["id"] for t in tracks] and [r["languageCode"] for r in related] == ["de", None]
    assert admin.get(related[0]["url"]).content.decode() == german
    master = admin.get(asset["streamUrl"]).text
    media = [line for line in master.splitlines() if line.startswith("#EXT-X-MEDIA:TYPE=SUBTITLES")]
    assert len(media) == 2 and 'NAME="German",LANGUAGE="de"' in media[0] and 'NAME="with style"' in media[1]
    stream = asset["streamUrl"].rsplit("/", 1)[0]
    assert admin.get(f"{stream}/subtitles/{tracks[0]['id']}.vtt").content.decode() == german
    assert detail_of(admin, source)["subtitles"][0]["cueCount"] == 5, "the source keeps its own"
    # A later upload in the language takes its place; and a clip of the clip has them, too.
    again, _ = cut(asset, 2, 3)
    assert [t["cueCount"] for t in detail_of(admin, again)["subtitles"]] == [2]
    other = upload_related(admin, asset, "better.srt", GERMAN.encode(), languageCode="de")
    track_of(admin, asset, other)
    assert sorted(t["id"] for t in detail_of(admin, asset)["subtitles"]) == sorted([other["id"], tracks[1]["id"]])


@pytest.mark.parametrize("name", ["plain", "late", "tape"])
def test_subtitles_stay_with_the_picture_of_a_fast_clip(admin, films, place, cut, name):
    rate = 30000 / 1001 if name == "tape" else 25
    source = with_subtitles(admin, films[name], place)
    asset, path = cut(source, 1.6, 5, mode="fast")
    found = probe(films[name])
    begins = float(found["streams"][0]["start_time"]) - float(found["format"]["start_time"])
    found = probe(path)
    shift = float(found["streams"][0]["start_time"]) - float(found["format"]["start_time"])
    first = numbers(path)[0]
    text = admin.get(detail_of(admin, asset)["subtitles"][0]["url"]).content.decode()
    starts = [float(start[6:]) for start, _ in cues(text)]
    wanted = [at - begins - first / rate + shift for at in (4, 4.8)]
    assert starts[0] == 0 and starts[1:3] == pytest.approx(wanted, abs=0.003)
    assert max(float(end[6:]) for _, end in cues(text)) <= asset["durationMs"] / 1000 + 0.1


def test_a_varying_rate_keeps_its_times(cut):
    kept = [n for n in range(200) if n * n % 11 < 6]
    for start, end in [(1.0, 3.0), (2.02, 5.5), ("00:00:04.100", "00:00:06.333")]:
        _, path = cut("varying", start, end)
        seconds = [float(str(v)[-6:]) if isinstance(v, str) else v for v in (start, end)]
        first = max(n for n in kept if n / 25 <= seconds[0] + 1e-6)
        after = max(n for n in kept if n / 25 <= seconds[1] + 1e-6)
        wanted = [n for n in kept if first <= n < after]
        assert numbers(path) == wanted
        assert times(path) == pytest.approx([(n - first) / 25 for n in wanted], abs=1e-3)


def test_shape_depth_and_turn(cut):
    _, path = cut("turned", 1, 2)
    video = probe(path)["streams"][0]
    turned = any("rotation" in data for data in video.get("side_data_list", []))
    assert (video["width"], video["height"], turned) == (HEIGHT, WIDTH, False), "upright, and not turned twice"
    assert video["sample_aspect_ratio"] == "1:2", "of 2:1 as stored"
    _, path = cut("deep", 1, 2)
    assert probe(path)["streams"][0]["pix_fmt"] == "yuv422p10le"


def test_sound_alone(cut):
    asset, path = cut("sound", "00:00:02.250", 5.5)
    assert asset["mediaType"] == "audio" and asset["contentType"] == "audio/mp4" and asset["displayName"] == "sound (clip).m4a"
    assert asset["durationMs"] == pytest.approx(3250, abs=30)
    assert bursts(path) == pytest.approx([0.75, 1.75, 2.75], abs=0.005)
    asset, path = cut("sound", 2, 4, mode="fast")
    assert asset["contentType"].startswith("audio/") and path.suffix == ".wav"
    assert bursts(path)[:2] == pytest.approx([0, 1], abs=0.03)


@pytest.mark.parametrize("source", ["plain", "late", "matroska", "tape"])
def test_fast_says_what_was_cut(admin, cut, source):
    asset, path = cut(source, 1.6, 3.2, mode="fast")
    shown = numbers(path)
    rate = 30000 / 1001 if source in ("matroska", "tape") else 25
    wanted = list(range(30, int(3.1 * rate)))  # and a little more, as pictures are stored in another order
    assert shown[:len(wanted)] == wanted and shown[-1] <= 3.3 * rate
    assert probe(path)["streams"][0]["codec_name"] == "h264"
    told = next(h["reason"] for h in history(admin, asset) if h["operation"] == "content-arrived")
    start = {"plain": "00:00:01:05", "late": "00:00:01:05", "matroska": "00:00:01:00", "tape": "00:00:58;00"}[source]
    assert f"{start} to " in told and "key frame" in told
    if source == "tape":
        assert asset["startTimecode"] == "00:00:58;00"
    assert any(abs(at - (2 - 30 / rate)) < 0.03 for at in bursts(path)), "in step with the pictures"


def test_history_audit_and_search_know_of_it(admin, cut, library, place):
    source = library["plain"]
    word = "w" + uuid.uuid4().hex[:10]
    asset, _ = cut("plain", "00:00:01:00", "00:00:02:00", displayName=f"{word} one")
    lines = history(admin, asset)
    assert lines[0]["operation"] == "clip" and lines[0]["toStatus"] == "Clipping" and lines[0]["username"] == "admin"
    assert lines[0]["reason"] == f"00:00:01:00 to 00:00:02:00 of {source['id']}, exact"
    assert [line["toStatus"] for line in lines][:3] == ["Clipping", "Creating", "Available"]
    jobs = admin.ok("GET", f"/admin/asset/{asset['id']}/job-history")["items"]
    assert jobs[0]["jobType"] == "clip" and jobs[0]["status"] == "Succeeded"
    assert any(line["operation"] == "clip" and line["username"] == "admin" for line in audit(admin, assetId=asset["id"]))
    assert asset["parentId"] == place["id"] and asset["fileName"] == "plain (clip).mp4"
    assert [item["id"] for item in admin.ok("POST", "/search", json={"query": word})["items"]] == [asset["id"]]


def test_names_folders_and_what_it_begins_with(admin, library, place):
    source = library["plain"]
    admin.ok("PATCH", f"/asset/{source['id']}", json={"tags": ["spring"], "description": "the whole"})
    first, second = (clip(admin, source, 0, 1, parentId=place["id"], displayName="one.mp4").json() for _ in range(2))
    assert (first["displayName"], second["displayName"]) == ("one.mp4", "one (2).mp4")
    assert first["tags"] == ["spring"] and first["description"] == "the whole"
    beside = clip(admin, source, 0, 1, prefix="/asset")
    assert beside.status_code == 201 and beside.json()["parentId"] == library["folder"]["id"]
    assert beside.headers["Location"] == f"/asset/{beside.json()['id']}" and beside.headers["ETag"]
    for made in (first, second, beside.json()):
        admin.wait_settled(made["id"])


def test_a_key_makes_one_clip(admin, library, place):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"startTimecode": 0, "endTimecode": 1, "parentId": place["id"]}
    route = f"/asset/{library['plain']['id']}/clip"
    first, again = (admin.post(route, body, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert admin.post(route, {**body, "endTimecode": 2}, headers=key).status_code == 422
    assert len(admin.ok("GET", f"/asset/{place['id']}/children")["items"]) == 1


@pytest.mark.parametrize("source, start, end, field", [
    ("plain", "00:00:01:00", "00:00:01:00", "/endTimecode"),
    ("plain", "00:00:02:00", "00:00:01:00", "/endTimecode"),
    ("plain", "00:00:01:00", "00:00:08:02", "/endTimecode"),
    ("plain", 8, 9, "/startTimecode"),
    ("plain", "01:00:00:00", "01:00:01:00", "/startTimecode"),
    ("plain", -1, 2, "/startTimecode"),
    ("plain", "-00:00:01:00", 2, "/startTimecode"),
    ("plain", "00:00:01:25", 2, "/startTimecode"),
    ("plain", "00:00:01;00", 2, "/startTimecode"),
    ("plain", "00:00:01", 2, "/startTimecode"),
    ("plain", "nonsense", 2, "/startTimecode"),
    ("plain", None, 2, "/startTimecode"),
    ("plain", 1, True, "/endTimecode"),
    ("tape", "00:01:00;00", "00:01:00;05", "/startTimecode"),
    ("tape", "00:01:00;01", "00:01:00;05", "/startTimecode"),
    ("tape", "00:00:56;29", "00:01:00;05", "/startTimecode"),
    ("tape", "00:00:58:00", "00:00:59;00", "/startTimecode"),
    ("matroska", "00:00:01;30", 2, "/startTimecode"),
    ("sound", "00:00:01:00", 2, "/startTimecode"),
])
def test_what_is_not_a_range(admin, library, source, start, end, field):
    answer = clip(admin, library[source], start, end)
    assert answer.status_code == 400, answer.text
    assert field in {e["pointer"] for e in answer.json()["errors"]}


def test_other_faults(admin, library, place):
    source = library["plain"]
    for more, field in [({"mode": "quick"}, "/mode"), ({"parentId": "x"}, "/parentId"), ({"displayName": "a/b"}, "/displayName"), ({"displayName": ""}, "/displayName")]:
        answer = clip(admin, source, 0, 1, **more)
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == field, answer.text
    picture_asset = admin.wait_settled(admin.upload("p.png", TINY_PNG, parentId=place["id"])["id"])
    text = admin.wait_settled(admin.upload("t.txt", b"words", parentId=place["id"])["id"])
    for timeless in (picture_asset, text, place):
        answer = clip(admin, timeless, 0, 1)
        assert answer.status_code == 400 and "no time" in answer.json()["errors"][0]["detail"]
    assert clip(admin, {"id": str(uuid.uuid4())}, 0, 1).status_code == 404
    assert clip(admin, {"id": "x"}, 0, 1).status_code == 400
    assert clip(admin, source, 0, 1, parentId=str(uuid.uuid4())).status_code == 404
    assert clip(admin, source, 0, 1, parentId=source["id"]).status_code == 409


def test_who_may(server, admin, library, place):
    source = library["plain"]
    user, reader = make_user(admin, "viewer")
    assert clip(reader, source, 0, 1, "/asset", parentId=place["id"]).status_code == 404
    grant(admin, user, library["folder"], "read")
    assert clip(reader, source, 0, 1, "/asset", parentId=place["id"]).status_code == 404, "a folder out of sight"
    assert clip(reader, source, 0, 1, "/asset").status_code == 403, "no write beside the source"
    assert clip(reader, source, 0, 1, "/admin/asset").status_code == 403
    grant(admin, user, place, "write")
    made = clip(reader, source, 0, 1, "/asset", parentId=place["id"])
    assert made.status_code == 201
    assert history(reader, made.json())[0]["userId"] == user["id"]
    # What is not to be seen yet is not to be seen in pieces either.
    admin.ok("PATCH", f"/asset/{source['id']}", json={"availableFrom": "2999-01-01T00:00:00Z"})
    try:
        early = clip(reader, source, 0, 1, "/asset", parentId=place["id"])
        assert early.status_code == 403 and early.json()["type"].endswith("not-available-now")
        inherits = clip(admin, source, 0, 1, parentId=place["id"]).json()
        assert inherits["availableFrom"].startswith("2999")
    finally:
        admin.ok("PATCH", f"/asset/{source['id']}", json={"availableFrom": None})


def test_statuses_that_forbid_it(admin, place):
    reserved = admin.ok("POST", f"/admin/asset/{place['id']}/create-placeholder", json={"displayName": "to come.mp4"})
    answer = clip(admin, reserved, 0, 1)
    assert answer.status_code == 409 and answer.json()["assetStatusName"] == "Placeholder"


def held(server):
    return server.rows("select (select count(*) from clip_source) + (select count(*) from clip_subtitle)")[0][0]


def test_subtitles_may_go_meanwhile_with_the_film(own_server, films):
    server = own_server
    admin = server.admin()
    source = with_subtitles(admin, films["plain"], admin.folder(admin.root()["id"], "folder"))
    made = [clip(admin, source, 2, end).json() for end in (4, 5, 6)]
    assert batch(admin, "Delete", [source["id"]])["status"] == "Succeeded"
    assert batch(admin, "Delete", [made[2]["id"]])["status"] == "Succeeded"
    for asset in made[:2]:
        asset = admin.wait_settled(asset["id"])
        assert asset["assetStatusName"] == "Available", asset
        assert [t["label"] for t in detail_of(admin, asset)["subtitles"]] == ["German", "with style"]
    admin.wait(lambda: held(server) == "0")
    tracks = [t for asset in made[:2] for t in detail_of(admin, asset)["subtitles"]]
    sizes = sorted(len(admin.get(t["url"]).content) for t in tracks)
    kept = server.rows("select size, reference_count from blob b where reference_count > 0 and exists (select 1 from related_file f where f.blob_id = b.id and f.name = 'webvtt/track.vtt')")
    assert sorted(int(size) for size, _ in kept) == sizes and {count for _, count in kept} == {"2"}


def test_what_it_is_cut_from_may_go_meanwhile(own_server, films):
    server = own_server
    admin = server.admin()
    folder = admin.folder(admin.root()["id"], "folder")
    source = admin.wait_settled(admin.upload_file(films["plain"], parentId=folder["id"])["id"])
    made = [clip(admin, source, start, start + 1).json() for start in range(3)]
    assert batch(admin, "Delete", [source["id"]])["status"] == "Succeeded"
    for start, asset in enumerate(made):
        asset = admin.wait_settled(asset["id"])
        assert asset["assetStatusName"] == "Available", asset
    assert held(server) == "0"
    assert server.rows("select count(*) from blob where reference_count > 0 and size = %d" % films["plain"].stat().st_size)[0][0] == "0"


@pytest.mark.parametrize("database", DATABASES)
def test_what_it_is_cut_from_may_be_archived_meanwhile(database, films, tmp_path):
    with Library(database, tmp_path) as library:
        admin = library.admin
        folder = admin.folder(library.bucket["id"], "folder")
        source = admin.wait_settled(admin.upload_file(films["plain"], parentId=folder["id"])["id"])
        made = [clip(admin, source, 0, 3).json() for _ in range(3)]
        admin.ok("POST", f"/admin/asset/{source['id']}/archive", json={})
        admin.wait(lambda: admin.asset(source["id"])["assetStatusName"] == "Archived")
        for asset in made:
            asset = admin.wait_settled(asset["id"])
            assert asset["assetStatusName"] == "Available", asset
        assert held(library.server) == "0"
        refused = clip(admin, source, 0, 1)
        assert refused.status_code == 409 and refused.json()["type"].endswith("asset-archived") and refused.json()["assetStatusName"] == "Archived"
        admin.ok("POST", f"/asset/{source['id']}/restore", json={})
        admin.wait(lambda: admin.asset(source["id"])["assetStatusName"] == "Restored")
        again = clip(admin, source, 0, 1)
        assert again.status_code == 201
        assert admin.wait_settled(again.json()["id"])["assetStatusName"] == "Available"


def test_deleting_and_cancelling_stop_it(own_server, films):
    server = own_server
    admin = server.admin()
    folder = admin.folder(admin.root()["id"], "folder")
    source = admin.wait_settled(admin.upload_file(films["plain"], parentId=folder["id"])["id"])
    gone, cancelled = (clip(admin, source, 0, 8).json() for _ in range(2))
    assert batch(admin, "Delete", [gone["id"]])["status"] == "Succeeded"
    job = admin.ok("GET", f"/admin/asset/{cancelled['id']}/job-history")["items"][0]
    admin.ok("POST", f"/admin/job/{job['id']}/cancel")
    after = admin.asset(cancelled["id"])
    assert after["assetStatusName"] == "Error" and after["error"] == "The job was cancelled."
    assert held(server) == "0"
    assert admin.get(f"/asset/{gone['id']}").status_code == 404
    admin.ok("POST", f"/admin/job/{job['id']}/retry")
    admin.wait(lambda: admin.asset(cancelled["id"])["assetStatusName"] == "Available")
    assert held(server) == "0" and admin.asset(cancelled["id"])["error"] is None


def test_a_source_that_is_damaged(own_server, films):
    server = own_server
    admin = server.admin()
    folder = admin.folder(admin.root()["id"], "folder")
    source = admin.wait_settled(admin.upload_file(films["plain"], parentId=folder["id"])["id"])
    blob = next(p for p in (server.data_dir / "blobs").rglob("*.blob") if p.read_bytes() == films["plain"].read_bytes())
    blob.chmod(0o644)
    with open(blob, "r+b") as file:
        file.seek(64)
        file.write(b"\0" * (blob.stat().st_size - 64))
    made = clip(admin, source, 0, 2).json()
    after = admin.wait_settled(made["id"])
    assert after["assetStatusName"] == "Error" and after["error"].startswith("This file cannot be read"), after
    assert held(server) == "0"


@pytest.mark.parametrize("who", ["server", "worker"])
def test_a_kill_while_it_is_cut(own_server, films, who):
    server = own_server
    admin = server.admin()
    folder = admin.folder(admin.root()["id"], "folder")
    source = admin.wait_settled(admin.upload_file(films["plain"], parentId=folder["id"])["id"])
    made = clip(admin, source, 0, 8).json()
    admin.wait(lambda: admin.ok("GET", f"/admin/asset/{made['id']}/job-history")["items"][0]["status"] != "Queued")
    if who == "server":
        server.kill()
        server.start()
        admin = server.admin()
    else:
        workers = run("pgrep", "-P", str(server.process.pid)).split()
        subprocess.run(["kill", "-9", *[w.decode() for w in workers]], check=False)
    after = admin.wait_settled(made["id"])
    assert after["assetStatusName"] == "Available" and held(server) == "0"
    assert len(server.rows("select number from asset_version v join asset a on a.id = v.asset_id where a.name like '%(clip)%'")) == 1
