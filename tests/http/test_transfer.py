"""Buckets on different stores: what is moved or copied between them is served at all times, and its bytes follow."""
import pathlib
import tempfile

import pytest
from conftest import DATABASES
from reelvault_server import Server
from test_batch import batch, long_sound, text


@pytest.fixture(params=DATABASES)
def two_stores(request):
    home = pathlib.Path(tempfile.mkdtemp(prefix="reelvault-stores-"))
    (home / "second").mkdir()
    (home / "server.toml").write_text(f'[stores.second]\nkind = "local"\nroot = "{home}/second"\n')
    server = Server(request.param)
    server.arguments = ["--config", str(home / "server.toml")]
    with server:
        yield server, home / "second"


def files_in(folder):
    return [p for p in folder.rglob("*.blob")]


def test_a_move_between_stores_takes_the_bytes_along(two_stores):
    server, second = two_stores
    admin = server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "other", "store": "second"})
    a = text(admin, admin.root()["id"], "a.txt", "the very bytes")
    moved = admin.post(f"/admin/asset/{a['id']}/move", {"parentId": bucket["id"]})
    assert moved.status_code == 202 and moved.json()["assetStatusName"] == "Moving"
    assert admin.get(a["downloadUrl"]).content == b"the very bytes", "served while it is on its way"
    after = admin.wait_settled(a["id"])
    assert after["assetStatusName"] == "Available" and after["bucketName"] == "other"
    assert [p.read_bytes() for p in files_in(second)].count(b"the very bytes") == 1
    assert admin.get(after["downloadUrl"]).content == b"the very bytes"
    assert admin.asset(a["id"])["checksum"] == a["checksum"]
    history = [h["operation"] for h in admin.ok("GET", f"/asset/{a['id']}/history")["items"]]
    assert history[-2:] == ["transfer-move", "transfer-end"]


def test_a_copy_between_stores_leaves_the_source_alone(two_stores):
    server, second = two_stores
    admin = server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "other", "store": "second"})
    folder = admin.folder(admin.root()["id"], "folder")
    a = text(admin, folder["id"], "a.txt", "the very bytes")
    copied = admin.post(f"/admin/asset/{a['id']}/copy", {"parentId": bucket["id"]})
    assert copied.status_code == 202 and copied.json()["assetStatusName"] == "Copying"
    admin.wait_settled(copied.json()["id"])
    assert len(files_in(second)) == 1
    assert batch(admin, "Delete", [a["id"]])["status"] == "Succeeded"
    assert admin.get(admin.asset(copied.json()["id"])["downloadUrl"]).content == b"the very bytes"


def test_a_moved_folder_takes_everything_below_along(two_stores):
    server, second = two_stores
    admin = server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "other", "store": "second"})
    folder = admin.folder(admin.root()["id"], "folder")
    inner = admin.folder(folder["id"], "inner")
    assets = [text(admin, inner["id"], f"{i}.txt") for i in range(3)]
    assert admin.post(f"/admin/asset/{folder['id']}/move", {"parentId": bucket["id"]}).status_code == 202
    admin.wait(lambda: len(files_in(second)) == 3)
    for asset in assets:
        assert admin.wait_settled(asset["id"])["path"].startswith("/other/folder/inner/")


@pytest.mark.parametrize("action", ["copy", "move"])
def test_the_original_of_what_is_still_processed_follows_when_that_has_ended(two_stores, action):
    server, second = two_stores
    admin = server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "other", "store": "second"})
    content = long_sound()
    sound = admin.upload("a.wav", content, parentId=admin.root()["id"])
    made = admin.ok("POST", f"/admin/asset/{sound['id']}/{action}", json={"parentId": bucket["id"]})
    assert made["assetStatusName"] == "Creating" and made["bucketName"] == "other"
    admin.wait(lambda: content in [p.read_bytes() for p in files_in(second)], 180)
    after = admin.wait_settled(made["id"])
    assert after["assetStatusName"] == "Available" and after["streamUrl"]
    assert admin.get(after["downloadUrl"]).content == content
    if action == "copy":
        batch(admin, "Delete", [sound["id"]])
        assert admin.get(after["downloadUrl"]).content == content


def test_what_is_uploaded_into_a_folder_that_moved_meanwhile_lies_where_the_folder_is(two_stores):
    server, second = two_stores
    admin = server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "other", "store": "second"})
    folder = admin.folder(admin.root()["id"], "folder")
    upload = admin.start_upload("a.txt", 9, parentId=folder["id"])
    admin.send_part(upload["parts"][0], b"the bytes")
    admin.ok("POST", f"/admin/asset/{folder['id']}/move", json={"parentId": bucket["id"]})
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    admin.wait(lambda: b"the bytes" in [p.read_bytes() for p in files_in(second)])
    assert admin.wait_settled(asset["id"])["assetStatusName"] == "Available"


def test_what_could_not_be_processed_is_brought_along_and_stays_in_error(two_stores):
    server, second = two_stores
    admin = server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "other", "store": "second"})
    content = long_sound()[:40]
    broken = admin.upload("a.wav", content, parentId=admin.root()["id"])
    assert admin.wait_settled(broken["id"])["assetStatusName"] == "Error"
    copied = admin.ok("POST", f"/admin/asset/{broken['id']}/copy", json={"parentId": bucket["id"]})
    admin.wait(lambda: content in [p.read_bytes() for p in files_in(second)], 180)
    assert admin.wait_done(copied["id"])["assetStatusName"] == "Error"
    assert admin.get(copied["downloadUrl"]).content == content


def test_a_kill_while_bytes_move_is_mended(two_stores):
    server, second = two_stores
    admin = server.admin()
    bucket = admin.ok("POST", "/admin/bucket", json={"name": "other", "store": "second"})
    content = bytes(range(256)) * (40 << 12)
    a = admin.upload("big.bin", content, parentId=admin.root()["id"])
    admin.wait_settled(a["id"])
    assert admin.post(f"/admin/asset/{a['id']}/move", {"parentId": bucket["id"]}).status_code == 202
    server.kill()
    server.start()
    admin = server.admin()
    after = admin.wait_settled(a["id"])
    assert after["assetStatusName"] == "Available" and admin.get(after["downloadUrl"]).content == content
    assert any(p.stat().st_size == len(content) for p in files_in(second))
