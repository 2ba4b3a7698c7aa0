"""What somebody may not see, keep or infer: ways round the rules that were found by looking for them (api.md 2, 3, 8, 16)."""
import base64
import json
import time

import pytest
import requests
from reelvault_server import Api, Server

from conftest import DATABASES
from test_tree import grant, make_user


def beside(api, asset, content, name="notes.txt", relationship="document", **more):
    """A related asset, uploaded."""
    upload = api.ok("POST", "/asset/upload/start-related-asset", json={
        "parentAssetId": asset["id"], "relationshipType": relationship, "fileName": name, "fileSize": len(content), **more})
    for part in upload["parts"]:
        api.send_part(part, content)
    return api.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})


@pytest.mark.parametrize("database", DATABASES)
def test_what_was_deleted_is_not_served_in_the_place_of_what_came_after_it(database):
    with Server(database, {"storage.sweep_grace_s": "1"}) as server:
        admin = server.admin()
        root = admin.root()["id"]
        secret = admin.upload("a.txt", b"a", parentId=root)
        notes = beside(admin, secret, b"SECRET")
        admin.wait_done(secret["id"])
        assert [admin.get(notes["url"]).content for _ in range(3)] == 3 * [b"SECRET"]
        assert admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [secret["id"]]})["succeededCount"] == 1
        admin.wait(lambda: server.rows("select count(*) from blob") == [["0"]])
        other = admin.upload("b.txt", b"b", parentId=root)
        assert admin.get(beside(admin, other, b"PUBLIC")["url"]).content == b"PUBLIC"
