"""Every fault of a body is told at once, whoever sees it: the binding (types, limits) or a service (values) (api.md 1)."""
import uuid

import pytest
from test_tree import make_user


@pytest.fixture
def field(admin):
    """A custom field that takes numbers."""
    name = "n" + uuid.uuid4().hex[:10]
    made = admin.ok("POST", "/admin/field", json={"name": name, "type": "number"})
    yield name
    admin.ok("DELETE", f"/admin/field/{made['id']}")


def faults(answer):
    assert answer.status_code == 400, answer.text
    pointers = [fault["pointer"] for fault in answer.json()["errors"]]
    assert len(pointers) == len(set(pointers)), "each is told once"
    return set(pointers)


@pytest.mark.parametrize("prefix", ["/asset", "/admin/asset"])
def test_a_patch_of_an_asset(admin, place, field, prefix):
    path = f"{prefix}/{place['id']}"
    custom = f"/customFields/{field}"
    assert faults(admin.patch(path, {"description": 5, "customFields": {field: "many"}})) == {"/description", custom}
    assert faults(admin.patch(path, {"displayName": "a/b", "tags": ["ok", 3, ""], "languageCode": "e", "availableFrom": "soon", "customFields": {field: "x"}})) \
        == {"/displayName", "/tags/1", "/tags/2", "/languageCode", "/availableFrom", custom}
    assert faults(admin.patch(path, {"displayName": 3, "customFields": []})) == {"/displayName", "/customFields"}
    assert faults(admin.patch(path, {"displayName": "", "availableFrom": "2027-01-01T00:00:00Z", "availableUntil": "2026-01-01T00:00:00Z"})) \
        == {"/displayName", "/availableUntil"}
    # Before anything of the asset is said, as all that is wrong with a body.
    _, nobody = make_user(admin, "editor")
    body = {"description": 5, "customFields": {field: "many"}}
    assert faults(nobody.patch(path, body)) == faults(nobody.patch(f"{prefix}/{uuid.uuid4()}", body)) == {"/description", custom}
    assert faults(nobody.patch(f"{prefix}/rubbish", body)) == {"{id}", "/description", custom}
    assert admin.asset(place["id"])["displayName"] == place["displayName"]


@pytest.mark.parametrize("kind", ["folder", "placeholder"])
def test_what_is_made_in_a_folder(admin, place, field, kind):
    path = f"/admin/asset/{place['id']}/create-{kind}"
    custom = f"/customFields/{field}"
    assert faults(admin.post(path, {"displayName": "a/b", "tags": "t", "onConflict": "explode", "customFields": {field: "x"}})) \
        == {"/displayName", "/tags", "/onConflict", custom}
    assert faults(admin.post(path, {"displayName": "a/b", "tags": [""], "customFields": {field: "x"}})) == {"/displayName", "/tags/0", custom}
    assert faults(admin.post(path, {"tags": [""]})) == {"/displayName", "/tags/0"}
    assert admin.ok("GET", f"/asset/{place['id']}/children")["items"] == []


def test_an_upload_and_a_registration(admin, place, field):
    custom = f"/customFields/{field}"
    assert faults(admin.post("/asset/upload/start", {"fileName": "a", "fileSize": "1", "tags": [""], "customFields": {field: "x"}})) \
        == {"/fileSize", "/tags/0", custom}
    assert faults(admin.post("/asset/upload/start-related-asset", {"fileName": "a", "fileSize": 1, "parentAssetId": "x", "relationshipType": "subtitle",
                                                                   "languageCode": "e", "checksum": "md5:" + "0" * 32})) \
        == {"/parentAssetId", "/languageCode", "/checksum"}
    assert faults(admin.post("/admin/asset/register-many", {"bucketName": "library", "objectKeys": "a", "tags": [""], "customFields": {field: "x"}})) \
        == {"/objectKeys", "/tags/0", custom}


def test_what_administrators_make(admin):
    assert faults(admin.post("/admin/field", {"name": "two words", "type": "colour", "label": " ", "required": "yes"})) == {"/name", "/type", "/label", "/required"}
    assert faults(admin.post("/admin/field", {"name": "two words", "type": "choice"})) == {"/name", "/choices"}
    assert faults(admin.post("/admin/bucket", {"name": "a/b", "store": "nowhere", "prefix": "../x"})) == {"/name", "/store", "/prefix"}
    assert faults(admin.post("/admin/user", {"username": "", "password": "short", "role": "king"})) == {"/username", "/password", "/role"}
    user, _ = make_user(admin)
    assert faults(admin.patch(f"/admin/user/{user['id']}", {"password": "short", "disabled": "no"})) == {"/password", "/disabled"}
