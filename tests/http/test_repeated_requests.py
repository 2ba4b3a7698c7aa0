"""Idempotency-Key where losing an answer would hurt most: uploads and folders (api.md 1, docs/decisions/idempotency.md)."""
import uuid


def test_an_upload_is_started_and_completed_once(admin, place, server):
    started, completed = ({"Idempotency-Key": uuid.uuid4().hex} for _ in range(2))
    body = {"fileName": "once.txt", "fileSize": 4, "parentId": place["id"]}
    first = admin.post("/asset/upload/start", body, headers=started)
    again = admin.post("/asset/upload/start", body, headers=started)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() and again.headers["Idempotent-Replayed"] == "true"
    assert admin.post("/asset/upload/start", {**body, "fileSize": 5}, headers=started).status_code == 422
    upload = first.json()
    admin.send_part(upload["parts"][0], b"once")
    path = f"/asset/upload/{upload['id']}/complete"
    first = admin.post(path, headers=completed)
    again = admin.post(path, headers=completed)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json() and first.json()["id"] == upload["assetId"]
    # The answers were written with what they tell of: no record is left that has none.
    assert server.rows("select count(*) from idempotency_record where status is null") == [["0"]]
    assert admin.ok("GET", f"/asset/{place['id']}/children")["totalItemCount"] == 1


def test_a_refused_start_leaves_nothing_and_is_remembered(admin, place):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    admin.folder(place["id"], "taken")
    body = {"fileName": "taken", "fileSize": 1, "parentId": place["id"]}
    first = admin.post("/asset/upload/start", body, headers=key)
    assert first.status_code == 409
    again = admin.post("/asset/upload/start", body, headers=key)
    assert again.status_code == 409 and again.json() == first.json()
