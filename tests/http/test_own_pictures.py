"""A thumbnail or preview that somebody uploads takes the made one's place once it was looked at (api.md 4)."""
import json
import subprocess

import pytest
from test_subtitles import clip, detail_of, jobs_of, upload_related  # noqa: F401  (clip is a fixture)


def picture(path, source, *options):
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"{source}:d=1", "-frames:v", "1", *options, str(path)], check=True)
    return path.read_bytes()


def shape(content, tmp_path):
    file = tmp_path / "seen"
    file.write_bytes(content)
    out = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(file)], check=True, capture_output=True)
    stream = json.loads(out.stdout)["streams"][0]
    return stream["codec_name"], stream["width"], stream["height"], stream["pix_fmt"].startswith("yuvj")


def shown(admin, asset, related, kind="thumbnail"):
    """The address, once it is of what was uploaded."""
    return admin.wait(lambda: next((url for url in [admin.asset(asset["id"])[f"{kind}Url"]] if url and related["id"] in url), None))


def entry_of(admin, asset, related):
    return next(r for r in detail_of(admin, asset)["relatedAssets"] if r["id"] == related["id"])


@pytest.fixture
def still(admin, place, tmp_path):
    content = picture(tmp_path / "p.png", "testsrc2=s=320x180")
    return admin.wait_settled(admin.upload("p.png", content, parentId=place["id"])["id"])


def test_an_uploaded_thumbnail_stands_before_the_made_one_also_when_that_is_made_later(admin, place, tmp_path):
    content = picture(tmp_path / "p.png", "testsrc2=s=320x180")
    own = picture(tmp_path / "own.jpg", "color=red:s=64x48")
    placeholder = admin.ok("POST", f"/admin/asset/{place['id']}/create-placeholder", json={"displayName": "p.png"})
    early = upload_related(admin, placeholder, "own picture.jpg", own, "thumbnail")
    admin.upload("p.png", content, replacesAssetId=placeholder["id"])
    asset = admin.wait_settled(placeholder["id"])
    assert shape(admin.get(shown(admin, asset, early)).content, tmp_path) == ("mjpeg", 64, 48, True)
    assert admin.get(entry_of(admin, asset, early)["url"]).content == own
    admin.ok("POST", f"/admin/asset/{asset['id']}/reprocess", json={"steps": ["thumbnail"]})
    asset = admin.wait_settled(asset["id"])
    assert early["id"] in asset["thumbnailUrl"]
    # A second one replaces the first.
    later = upload_related(admin, asset, "own.png", picture(tmp_path / "o.png", "color=blue:s=80x60"), "thumbnail")
    assert shape(admin.get(shown(admin, asset, later)).content, tmp_path) == ("mjpeg", 80, 60, True)
    assert early["id"] not in {r["id"] for r in detail_of(admin, asset)["relatedAssets"]}


def test_an_uploaded_thumbnail_or_preview_gets_the_usual_form_and_size(admin, still, tmp_path):
    big = tmp_path / "big.png"
    picture(big, "testsrc2=s=2400x1200")
    subprocess.run(["vips", "icc_export", str(big), str(tmp_path / "print.jpg"), "--output-profile", "cmyk"], check=True)
    content = (tmp_path / "print.jpg").read_bytes()
    for kind, width in (("thumbnail", 480), ("preview", 1600)):
        related = upload_related(admin, still, "print.jpg", content, kind)
        answer = admin.get(shown(admin, still, related, kind))
        assert answer.headers["Content-Type"] == "image/jpeg" and len(answer.content) < len(content)
        assert shape(answer.content, tmp_path) == ("mjpeg", width, width // 2, True)
        assert b"Adobe" not in answer.content[:200]  # what tells that colours are those of print
    assert jobs_of(admin, still, "picture")[0]["status"] == "Succeeded"


def test_a_thumbnail_that_is_no_picture_leaves_the_one_before_and_says_why(admin, still, tmp_path):
    made = still["thumbnailUrl"]
    own = upload_related(admin, still, "own.jpg", picture(tmp_path / "own.jpg", "color=red:s=64x48"), "thumbnail")
    before = shown(admin, still, own)
    assert before != made
    damaged = (tmp_path / "own.jpg").read_bytes()[:40]
    for content in (b"this is no picture", damaged):
        bad = upload_related(admin, still, "bad.jpg", content, "thumbnail", contentType="image/jpeg")
        entry = admin.wait(lambda: next((e for e in [entry_of(admin, still, bad)] if e["error"]), None))
        assert "picture" in entry["error"] and entry["error"].endswith(".")
        assert any(job["status"] == "Failed" and job["error"]["message"] == entry["error"] for job in jobs_of(admin, still, "picture"))
        asset = admin.asset(still["id"])
        assert asset["thumbnailUrl"] == before and asset["assetStatusName"] == "Available" and asset["error"] is None
        assert admin.get(before).status_code == 200


def test_a_film_is_no_picture_either(admin, still, clip):  # noqa: F811
    made = still["thumbnailUrl"]
    bad = upload_related(admin, still, "clip.mp4", clip.read_bytes(), "preview")
    entry = admin.wait(lambda: next((e for e in [entry_of(admin, still, bad)] if e["error"]), None))
    assert "not a picture" in entry["error"] and admin.asset(still["id"])["thumbnailUrl"] == made


def test_a_copy_has_the_uploaded_thumbnail_too(admin, place, still, tmp_path):
    own = upload_related(admin, still, "own.jpg", picture(tmp_path / "own.jpg", "color=red:s=64x48"), "thumbnail")
    shown(admin, still, own)
    folder = admin.folder(place["id"], "copies")
    copied = admin.ok("POST", f"/admin/asset/{still['id']}/copy", json={"parentId": folder["id"]})
    copied = admin.asset(copied["id"])
    assert own["id"] not in copied["thumbnailUrl"]
    assert shape(admin.get(copied["thumbnailUrl"]).content, tmp_path) == ("mjpeg", 64, 48, True)
    # What nobody looked at yet when the asset was copied is looked at for the copy.
    upload_related(admin, still, "own.png", picture(tmp_path / "o.png", "color=blue:s=80x60"), "thumbnail")
    hasty = admin.ok("POST", f"/admin/asset/{still['id']}/copy", json={"parentId": folder["id"], "onConflict": "rename"})

    def looked_at():
        answer = admin.get(admin.asset(hasty["id"])["thumbnailUrl"])  # 404 for one that was replaced between the two calls
        assert answer.status_code in (200, 404)
        return answer.status_code == 200 and shape(answer.content, tmp_path) == ("mjpeg", 80, 60, True)

    admin.wait(looked_at)
