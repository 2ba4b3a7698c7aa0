"""The shots of films: found by processing, in the detail, and each by its own address (api.md 6 and 7)."""
import subprocess
import uuid
from fractions import Fraction

import pytest

from test_tree import TINY_PNG, grant, make_user

PICTURES = ["testsrc2", "smptebars", "rgbtestsrc", "testsrc", "yuvtestsrc"]
ENCODE = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "250", "-sc_threshold", "0", "-pix_fmt", "yuv420p"]


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True)


def cut_film(path, lengths, rate="25", size="320x180", after=()):
    """A film of shots of that many frames each, with hard cuts between them."""
    inputs, labels = [], ""
    for i, frames in enumerate(lengths):
        inputs += ["-f", "lavfi", "-i", f"{PICTURES[i % len(PICTURES)]}=s={size}:r={rate},trim=end_frame={frames}"]
        labels += f"[{i}:v]setsar=1,format=yuv420p[v{i}];"
    graph = labels + "".join(f"[v{i}]" for i in range(len(lengths))) + f"concat=n={len(lengths)}[v]"
    ffmpeg(*inputs, "-filter_complex", graph, "-map", "[v]", "-r", rate, *ENCODE, *after, path)
    return path


def frames_of(label, numbers):
    """Frames since midnight of a label without drop frame."""
    hours, minutes, seconds, frames = map(int, label.split(":"))
    return ((hours * 60 + minutes) * 60 + seconds) * numbers + frames


def detail_of(api, asset):
    return api.ok("GET", f"/asset/{asset['id']}/detail")


def shots_jobs(api, asset):
    return [job for job in api.ok("GET", f"/admin/asset/{asset['id']}/job-history")["items"] if job["jobType"] == "shots"]


def segments_of(api, asset):
    """Once they were looked for."""
    def found():
        jobs = shots_jobs(api, asset)
        return detail_of(api, asset)["segments"] if jobs and all(j["status"] in ("Succeeded", "Failed") for j in jobs) else None
    segments = api.wait(found, timeout=240)
    assert [j["status"] for j in shots_jobs(api, asset)][-1] == "Succeeded", shots_jobs(api, asset)
    return segments


def uploaded(api, path, **more):
    asset = api.wait_settled(api.upload_file(path, **more)["id"])
    assert asset["assetStatusName"] == "Available", asset
    return asset


def picture(path, frame, tmp_path, name):
    """That frame of the film as raw pixels, small."""
    out = tmp_path / name
    ffmpeg("-i", path, *(["-vf", f"select=eq(n\\,{frame}),scale=32:18"] if frame is not None else ["-vf", "scale=32:18"]), "-frames:v", "1",
           "-pix_fmt", "rgb24", "-f", "rawvideo", out)
    return out.read_bytes()


@pytest.fixture(scope="session")
def three_shots(tmp_path_factory):
    return cut_film(tmp_path_factory.mktemp("shots") / "three.mp4", [37, 50, 63])


def test_shots_begin_at_the_very_frame_of_a_cut(admin, place, three_shots, tmp_path):
    asset = uploaded(admin, three_shots, parentId=place["id"])
    segments = segments_of(admin, asset)
    assert [s["index"] for s in segments] == [0, 1, 2]
    assert [(s["startTimecode"], s["endTimecode"]) for s in segments] == [
        ("00:00:00:00", "00:00:01:12"), ("00:00:01:12", "00:00:03:12"), ("00:00:03:12", "00:00:06:00")]
    assert [(s["startMs"], s["endMs"]) for s in segments] == [(0, 1480), (1480, 3480), (3480, 6000)]
    assert asset["durationMs"] == 6000
    for segment, frame in zip(segments, (18, 62, 118)):
        [still] = segment["screenshots"]
        assert still["timeMs"] == frame * 40 and frames_of(still["timecode"], 25) == frame
        got = admin.get(still["url"])
        assert got.status_code == 200 and got.headers["Content-Type"] == still["contentType"] == "image/jpeg"
        (tmp_path / "still.jpg").write_bytes(got.content)
        assert (still["width"], still["height"]) == (320, 180)
        shown = picture(tmp_path / "still.jpg", None, tmp_path, "a")
        meant = picture(three_shots, frame, tmp_path, "b")
        assert sum(abs(x - y) for x, y in zip(shown, meant)) / len(meant) < 8
    related = [r for r in detail_of(admin, asset)["relatedAssets"] if r["relationshipType"] == "screenshot"]
    assert len(related) == 1 and related[0]["url"] == segments[0]["screenshots"][0]["url"]
    assert {s["step"]: s["status"] for s in detail_of(admin, asset)["processing"]}["shots"] == "Succeeded"


def test_each_has_an_address_of_its_own(admin, place, three_shots):
    asset = uploaded(admin, three_shots, parentId=place["id"])
    other = uploaded(admin, three_shots, parentId=place["id"], displayName="other.mp4")
    segments, foreign = segments_of(admin, asset), segments_of(admin, other)
    for prefix in ("/asset", "/admin/asset"):
        base = f"{prefix}/{asset['id']}"
        for segment in segments:
            detail = admin.ok("GET", f"{base}/{segment['id']}/detail")
            assert detail == {**segment, "assetId": asset["id"], "labels": [], "faces": [], "detectedText": [], "transcripts": []}
            for still in segment["screenshots"]:
                assert admin.ok("GET", f"{base}/{segment['id']}/{still['id']}/detail") == {
                    **still, "assetId": asset["id"], "segmentId": segment["id"], "labels": [], "faces": [], "detectedText": []}
        first, second = segments[0], segments[1]
        unknown = uuid.uuid4()
        for path in (unknown, foreign[0]["id"], asset["id"], first["screenshots"][0]["id"],
                     f"{first['id']}/{unknown}", f"{first['id']}/{second['screenshots'][0]['id']}", f"{unknown}/{first['screenshots'][0]['id']}",
                     f"{foreign[0]['id']}/{foreign[0]['screenshots'][0]['id']}"):
            assert admin.get(f"{base}/{path}/detail").status_code == 404, path
        assert admin.get(f"{prefix}/{unknown}/{first['id']}/detail").status_code == 404
        assert admin.get(f"{base}/nothing/detail").status_code == 400
    stranger = make_user(admin, "editor")[1]
    assert stranger.get(f"/asset/{asset['id']}/{segments[0]['id']}/detail").status_code == 404


def test_drop_frame_and_a_start_timecode(admin, place, tmp_path):
    film = cut_film(tmp_path / "drop.mov", [40, 45], rate="30000/1001", after=["-timecode", "00:00:59;00"])
    asset = uploaded(admin, film, parentId=place["id"])
    segments = segments_of(admin, asset)
    # The 40th frame after it: 00 and 01 are left out of the numbers of a minute.
    assert [(s["startTimecode"], s["endTimecode"]) for s in segments] == [("00:00:59;00", "00:01:00;12"), ("00:01:00;12", "00:01:01;27")]
    exact = 1000 * 40 * Fraction(1001, 30000)
    assert segments[1]["startMs"] == -(-exact.numerator // exact.denominator) == 1335
    assert segments[0]["endMs"] == 1335 and segments[1]["endMs"] == asset["durationMs"]


def test_a_varying_rate_counts_by_the_time_that_a_picture_is_shown(admin, place, tmp_path):
    even = cut_film(tmp_path / "even.mp4", [60, 60])
    film = tmp_path / "vary.mkv"
    # Every picture of the first second, then every third.
    ffmpeg("-i", even, "-vf", "select=lt(n\\,25)+not(mod(n\\,3))", "-fps_mode", "vfr", *ENCODE, film)
    segments = segments_of(admin, uploaded(admin, film, parentId=place["id"]))
    assert [s["startMs"] for s in segments] == [0, 2400]
    assert len(segments[1]["screenshots"]) == 1 and segments[1]["screenshots"][0]["timeMs"] == 2400


@pytest.mark.parametrize("filters", ["null", "fade=in:0:40,fade=out:80:40", "hue=H=0.05*n"])
def test_what_only_moves_or_fades_is_one_shot(admin, place, tmp_path, filters):
    film = tmp_path / "one.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=5", "-vf", filters, *ENCODE, film)
    asset = uploaded(admin, film, parentId=place["id"])
    segments = segments_of(admin, asset)
    assert [(s["startMs"], s["endMs"], len(s["screenshots"])) for s in segments] == [(0, 5000, 1)]


def test_a_film_of_many_cuts_has_few_stills_and_no_slivers(admin, place, tmp_path):
    film = cut_film(tmp_path / "many.mp4", [8] * 220, size="64x36")
    segments = segments_of(admin, uploaded(admin, film, parentId=place["id"]))
    assert len(segments) == 220
    assert [s["startMs"] for s in segments] == [320 * i for i in range(220)]
    assert sum(len(s["screenshots"]) for s in segments) == 200
    assert len(segments[0]["screenshots"]) == 1
    flicker = cut_film(tmp_path / "flicker.mp4", [30] + [1] * 25 + [30], size="64x36")
    segments = segments_of(admin, uploaded(admin, flicker, parentId=place["id"]))
    assert 2 <= len(segments) < 7 and all(s["endMs"] - s["startMs"] >= 250 for s in segments)
    assert all(a["endMs"] == b["startMs"] for a, b in zip(segments, segments[1:]))


def test_stills_stand_upright(admin, place, three_shots, tmp_path):
    film = tmp_path / "turned.mp4"
    ffmpeg("-i", three_shots, "-c", "copy", "-metadata:s:v:0", "rotate=90", film)
    asset = uploaded(admin, film, parentId=place["id"])
    assert (asset["width"], asset["height"]) == (180, 320)
    still = segments_of(admin, asset)[0]["screenshots"][0]
    assert (still["width"], still["height"]) == (180, 320)
    (tmp_path / "still.jpg").write_bytes(admin.get(still["url"]).content)
    shown = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", str(tmp_path / "still.jpg")],
                           check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "180,320"


def test_sound_and_pictures_have_none(admin, place, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "sine=f=440:d=2", tmp_path / "sound.mp3")
    for asset in (uploaded(admin, tmp_path / "sound.mp3", parentId=place["id"]),
                  admin.wait_settled(admin.upload("picture.png", TINY_PNG, parentId=place["id"])["id"])):
        assert detail_of(admin, asset)["segments"] == [] and shots_jobs(admin, asset) == []
        admin.post(f"/admin/asset/{asset['id']}/reprocess", {"steps": ["shots"]})
        assert shots_jobs(admin, asset) == [] and admin.asset(asset["id"])["assetStatusName"] == "Available"


def without_ids(segments):
    return [{**{k: v for k, v in s.items() if k not in ("id", "screenshots")},
             "screenshots": [{k: v for k, v in p.items() if k not in ("id", "url")} for p in s["screenshots"]]} for s in segments]


def ids_of(segments):
    return {s["id"] for s in segments} | {p["id"] for s in segments for p in s["screenshots"]}


def test_copies_bring_theirs_and_a_new_content_has_its_own(admin, place, three_shots, tmp_path):
    asset = uploaded(admin, three_shots, parentId=place["id"])
    before = segments_of(admin, asset)
    twin = admin.asset(admin.post(f"/admin/asset/{asset['id']}/duplicate").json()["id"])
    copied = detail_of(admin, twin)["segments"]
    assert without_ids(copied) == without_ids(before) and not ids_of(copied) & ids_of(before)
    assert shots_jobs(admin, twin) == []
    still = copied[2]["screenshots"][0]
    assert twin["id"] in still["url"] and admin.get(still["url"]).content == admin.get(before[2]["screenshots"][0]["url"]).content
    assert admin.ok("GET", f"/asset/{twin['id']}/{copied[2]['id']}/{still['id']}/detail")["id"] == still["id"]

    # What is permanently deleted takes nothing from its copy.
    admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [asset["id"]]})
    assert admin.get(f"/asset/{asset['id']}/{before[0]['id']}/detail").status_code == 404
    assert admin.get(still["url"]).status_code == 200

    replaced = cut_film(tmp_path / "two.mp4", [25, 50])
    admin.upload_file(replaced, name=twin["displayName"], replacesAssetId=twin["id"])
    admin.wait(lambda: admin.asset(twin["id"])["durationMs"] == 3000)
    admin.wait(lambda: detail_of(admin, twin)["segments"])
    fresh = segments_of(admin, twin)
    assert [(s["startMs"], s["endMs"]) for s in fresh] == [(0, 1000), (1000, 3000)]
    assert admin.get(f"/asset/{twin['id']}/{copied[0]['id']}/detail").status_code == 404

    admin.ok("POST", f"/asset/{twin['id']}/version/1/revert")
    reverted = detail_of(admin, twin)["segments"]
    assert without_ids(reverted) == without_ids(before) and not ids_of(reverted) & ids_of(copied)
    assert admin.get(reverted[0]["screenshots"][0]["url"]).status_code == 200


def test_looked_for_again_they_are_new_ones(admin, place, three_shots):
    asset = uploaded(admin, three_shots, parentId=place["id"])
    before = segments_of(admin, asset)
    answer = admin.post(f"/admin/asset/{asset['id']}/reprocess", {"steps": ["shots"]})
    assert answer.status_code == 202 and admin.asset(asset["id"])["assetStatusName"] == "Available"
    admin.wait(lambda: len(shots_jobs(admin, asset)) == 2)
    again = segments_of(admin, asset)
    assert without_ids(again) == without_ids(before) and not ids_of(again) & ids_of(before)
    related = [r for r in detail_of(admin, asset)["relatedAssets"] if r["relationshipType"] == "screenshot"]
    assert len(related) == 1
    # Another step alone does not look for them again; all of them do.
    admin.post(f"/admin/asset/{asset['id']}/reprocess", {"steps": ["thumbnail"]})
    admin.wait_settled(asset["id"])
    assert len(shots_jobs(admin, asset)) == 2
    admin.post(f"/admin/asset/{asset['id']}/reprocess")
    admin.wait(lambda: len(shots_jobs(admin, asset)) == 3)
    assert without_ids(segments_of(admin, asset)) == without_ids(before)


def test_a_reader_of_the_folder_sees_them(admin, place, three_shots):
    asset = uploaded(admin, three_shots, parentId=place["id"])
    segment = segments_of(admin, asset)[0]
    user, reader = make_user(admin, "viewer")
    grant(admin, user, place, "read")
    assert reader.get(f"/asset/{asset['id']}/{segment['id']}/detail").status_code == 200
    assert reader.get(f"/admin/asset/{asset['id']}/{segment['id']}/detail").status_code == 403
    assert reader.get(segment["screenshots"][0]["url"]).status_code == 200
