"""New content for what is there already: with a declared checksum, one after the other, and after a failure."""
import hashlib


def send(admin, content, **body):
    upload = admin.start_upload("content.bin", len(content), **body)
    for part in upload["parts"]:
        admin.send_part(part, content[part["offset"]:part["offset"] + part["length"]])
    return admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})


def sha256(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def served(admin, asset_id):
    asset = admin.wait_settled(asset_id)
    content = admin.get(asset["downloadUrl"]).content if asset["downloadUrl"] else None
    return asset["assetStatusName"], asset["version"], content


def test_a_replacement_with_the_right_checksum_is_served(admin, place):
    asset = send(admin, b"one", parentId=place["id"])
    admin.wait_settled(asset["id"])
    send(admin, b"two", replacesAssetId=asset["id"], checksum=sha256(b"two"))
    assert served(admin, asset["id"]) == ("Available", 2, b"two")


def test_a_replacement_with_a_wrong_checksum_leaves_the_old_content(admin, place):
    asset = send(admin, b"one", parentId=place["id"])
    admin.wait_settled(asset["id"])
    send(admin, b"two", replacesAssetId=asset["id"], checksum=sha256(b"other"))
    assert served(admin, asset["id"]) == ("Available", 1, b"one")
    assert "checksum" in admin.asset(asset["id"])["error"]
    send(admin, b"three", replacesAssetId=asset["id"], checksum=sha256(b"three"))
    assert served(admin, asset["id"]) == ("Available", 3, b"three")
    assert admin.asset(asset["id"])["error"] is None


def test_of_contents_that_come_at_once_the_newest_good_one_is_served(admin, place):
    asset = send(admin, b"one", parentId=place["id"])
    send(admin, b"two", replacesAssetId=asset["id"], checksum=sha256(b"two"))
    send(admin, b"three", replacesAssetId=asset["id"], checksum=sha256(b"other"))
    send(admin, b"four", replacesAssetId=asset["id"], checksum=sha256(b"other"))
    assert served(admin, asset["id"]) == ("Available", 2, b"two")


def test_new_content_mends_an_asset_whose_first_was_refused(admin, place):
    asset = send(admin, b"one", parentId=place["id"], checksum=sha256(b"other"))
    assert served(admin, asset["id"]) == ("Error", 0, None)
    send(admin, b"two", replacesAssetId=asset["id"], checksum=sha256(b"other"))
    assert served(admin, asset["id"]) == ("Error", 0, None)
    send(admin, b"three", replacesAssetId=asset["id"])
    assert served(admin, asset["id"]) == ("Available", 3, b"three")


def test_a_placeholder_waits_for_its_checksum(admin, place):
    made = admin.ok("POST", f"/admin/asset/{place['id']}/create-placeholder", json={"displayName": "to come"})
    send(admin, b"one", replacesAssetId=made["id"], checksum=sha256(b"one"))
    assert served(admin, made["id"]) == ("Available", 1, b"one")
    history = [item["toStatus"] for item in admin.ok("GET", f"/asset/{made['id']}/history")["items"]]
    assert [status for status in history if status in ("SlugReplaced", "Assembling")] == ["SlugReplaced", "Assembling"]
