"""Actions on many assets, and on one by its own route: order, permission, folders, copies, the bin (api.md 3, 9)."""
import io
import time
import uuid
import wave

import pytest
from conftest import DATABASES
from reelvault_server import Server
from test_tree import TINY_PNG, grant, make_user


def text(admin, parent, name, content=None, **more):
    asset = admin.upload(name, (content or name).encode(), parentId=parent, **more)
    admin.wait_settled(asset["id"])
    return admin.wait(lambda: (lambda found: found if found["checksum"] else None)(admin.asset(asset["id"])))


def batch(api, action, ids, status=200, **arguments):
    answer = api.post(f"/admin/asset/{action}", {"targetIds": ids, "actionArguments": arguments})
    assert answer.status_code == status, answer.text
    return answer.json()


def wait_batch(api, batch_id, timeout=120):
    return api.wait(lambda: (lambda b: b if b["endedAt"] else None)(api.ok("GET", f"/admin/batch/{batch_id}")), timeout)


def names(api, folder, **query):
    return [a["displayName"] for a in api.ok("GET", f"/asset/{folder}/children", params={"pageSize": 500, **query})["items"]]


def test_results_come_in_the_order_of_first_naming_once_each(admin, place):
    a, b = text(admin, place["id"], "a.txt"), text(admin, place["id"], "b.txt")
    unknown = str(uuid.uuid4())
    done = batch(admin, "tRaSh", [b["id"], unknown, a["id"].upper(), b["id"]])
    assert [r["id"] for r in done["results"]] == [b["id"], unknown, a["id"]]
    assert [r["status"] for r in done["results"]] == ["Succeeded", "Failed", "Succeeded"]
    assert done["results"][1]["error"]["code"] == "not-found"
    assert (done["totalCount"], done["succeededCount"], done["failedCount"]) == (3, 2, 1)
    assert done["status"] == "PartiallyFailed"
    assert admin.ok("GET", f"/admin/batch/{done['batchId']}") == done
    assert names(admin, place["id"]) == []


def test_what_is_named_together_with_its_folder_fails_where_it_fails_there(admin, place):
    folder = admin.folder(place["id"], "folder")
    inner = admin.folder(folder["id"], "inner")
    good = text(admin, folder["id"], "good.txt")
    empty = admin.ok("POST", f"/admin/asset/{inner['id']}/create-placeholder", json={"displayName": "empty.mov"})["id"]
    done = batch(admin, "Reprocess", [folder["id"], inner["id"], good["id"], empty])
    assert [r["status"] for r in done["results"]] == ["Failed", "Failed", "Succeeded", "Failed"], done
    assert done["results"][3]["error"]["code"] == done["results"][0]["error"]["code"], done
    assert (done["succeededCount"], done["failedCount"]) == (1, 3)


def test_what_is_named_together_with_its_folder_fails_with_it(admin, place):
    folder, other = admin.folder(place["id"], "folder"), admin.folder(place["id"], "other")
    admin.folder(other["id"], "folder")
    inside = text(admin, folder["id"], "inside.txt")
    beside = text(admin, place["id"], "beside.txt")
    done = batch(admin, "Move", [inside["id"], beside["id"], folder["id"]], parentId=other["id"])
    assert [r["status"] for r in done["results"]] == ["Failed", "Succeeded", "Failed"], done
    assert done["results"][0]["error"]["code"] == done["results"][2]["error"]["code"] == "name-taken", done
    assert admin.asset(inside["id"])["parentId"] == folder["id"]


def test_a_bad_batch_runs_nothing(admin, place):
    a = text(admin, place["id"], "a.txt")
    answer = admin.post("/admin/asset/Explode", {"targetIds": [a["id"]]})
    assert answer.status_code == 400 and "Duplicate" in answer.text and "Restore" not in answer.json()["title"]
    answer = admin.post("/admin/asset/Trash", {"targetIds": [a["id"], "rubbish", 7]})
    assert answer.status_code == 400
    assert admin.post("/admin/asset/Trash", {"targetIds": []}).status_code == 400
    assert admin.post("/admin/asset/Trash", {}).status_code == 400
    answer = admin.post("/admin/asset/Move", {"targetIds": [a["id"]], "actionArguments": {"onConflict": "explode"}})
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/actionArguments/parentId", "/actionArguments/onConflict"}
    assert admin.post("/admin/asset/Move", {"targetIds": [a["id"]], "actionArguments": {"parentId": str(uuid.uuid4())}}).status_code == 404
    assert admin.asset(a["id"])["displayName"] == "a.txt"


def test_unreadable_and_unknown_fail_alike_and_readable_is_forbidden(admin, place):
    a, b = text(admin, place["id"], "a.txt"), admin.folder(place["id"], "open")
    c = text(admin, b["id"], "c.txt")
    user, editor = make_user(admin, "editor")
    grant(admin, user, b, "read")
    unknown = str(uuid.uuid4())
    done = batch(editor, "Trash", [a["id"], unknown, c["id"]])
    first, second, third = done["results"]
    assert first["error"] == second["error"] and first["status"] == second["status"] == "Failed"
    assert third["error"]["code"] == "forbidden"
    other = make_user(admin, "editor")[1]
    assert other.get(f"/admin/batch/{done['batchId']}").status_code == 404
    _, viewer = make_user(admin)
    assert viewer.post("/admin/asset/Trash", {"targetIds": [a["id"]]}).status_code == 403


def test_moving_costs_no_bytes_and_keeps_everything(admin, place):
    source, target = admin.folder(place["id"], "source"), admin.folder(place["id"], "target")
    a = text(admin, source["id"], "a.txt", tags=["x"])
    inner = admin.folder(source["id"], "inner")
    deep = text(admin, inner["id"], "deep.txt")
    moved = admin.post(f"/admin/asset/{source['id']}/move", {"parentId": target["id"]})
    assert moved.status_code == 200 and moved.json()["parentId"] == target["id"]
    assert admin.asset(deep["id"])["path"] == target["path"] + "/source/inner/deep.txt"
    assert admin.asset(a["id"])["checksum"] == a["checksum"] and admin.get(deep["downloadUrl"]).content == b"deep.txt"
    for bad in (inner["id"], source["id"]):
        answer = admin.post(f"/admin/asset/{source['id']}/move", {"parentId": bad})
        assert answer.status_code == 409 and answer.json()["type"].endswith("into-itself"), answer.text
    assert admin.post(f"/admin/asset/{source['id']}/move", {"parentId": a["id"]}).status_code == 409
    text(admin, place["id"], "a.txt", "other")
    assert admin.post(f"/admin/asset/{a['id']}/move", {"parentId": place["id"]}).json()["type"].endswith("name-taken")
    renamed = admin.post(f"/admin/asset/{a['id']}/move", {"parentId": place["id"], "onConflict": "rename"})
    assert renamed.json()["displayName"] == "a (2).txt"
    history = admin.ok("GET", f"/asset/{a['id']}/history")["items"]
    assert history[-1]["operation"] == "move" and "source" in history[-1]["reason"]


def test_totals_follow_moves_and_the_bin(admin, place):
    one, two = admin.folder(place["id"], "one"), admin.folder(place["id"], "two")
    a = text(admin, one["id"], "a.txt")
    total = lambda folder: admin.ok("GET", f"/asset/{folder['id']}/children")["totalItemCount"]
    assert (total(one), total(two)) == (1, 0)
    batch(admin, "Move", [a["id"]], parentId=two["id"])
    assert (total(one), total(two)) == (0, 1)
    batch(admin, "Trash", [a["id"]])
    assert (total(one), total(two)) == (0, 0)
    batch(admin, "Undelete", [a["id"]], parentId=one["id"])
    assert (total(one), total(two)) == (1, 0)
    batch(admin, "Delete", [one["id"]])
    assert total(place) == 1


def test_a_folder_and_its_own_child_are_moved_once(admin, place):
    source, target = admin.folder(place["id"], "source"), admin.folder(place["id"], "target")
    a = text(admin, source["id"], "a.txt")
    done = batch(admin, "Move", [a["id"], source["id"]], parentId=target["id"])
    assert done["succeededCount"] == 2
    assert admin.asset(a["id"])["parentId"] == source["id"]


def test_a_folder_and_its_own_child_come_out_of_the_bin_once(admin, place):
    folder = admin.folder(place["id"], "folder")
    child, alone = text(admin, folder["id"], "child.txt"), text(admin, folder["id"], "alone.txt")
    assert batch(admin, "Trash", [alone["id"]])["succeededCount"] == 1
    assert batch(admin, "Trash", [folder["id"], child["id"]])["succeededCount"] == 2
    assert batch(admin, "Undelete", [child["id"]])["failedCount"] == 1  # its folder is what lies in the bin
    assert batch(admin, "Undelete", [child["id"], folder["id"]])["succeededCount"] == 2
    assert admin.asset(child["id"])["parentId"] == folder["id"]
    assert admin.get(f"/asset/{alone['id']}").status_code == 404  # went by itself, and comes by itself
    assert batch(admin, "Undelete", [alone["id"]])["succeededCount"] == 1


def test_what_never_had_its_content_is_not_made_to_look_as_if(admin, place):
    upload = admin.start_upload("wrong.bin", 3, parentId=place["id"], checksum="sha256:" + "0" * 64)
    for part in upload["parts"]:
        admin.send_part(part, b"abc")
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    admin.wait(lambda: admin.asset(asset["id"])["assetStatusName"] == "Error")
    for action in ("reprocess", "duplicate", "archive"):
        answer = admin.post(f"/admin/asset/{asset['id']}/{action}", {})
        assert answer.status_code == 409, (action, answer.text)
    assert admin.asset(asset["id"])["assetStatusName"] == "Error"


def test_what_lies_below_a_moved_folder_counts_for_how_deep_it_may_go(admin, place):
    def line(parent, count):
        out = [parent]
        for _ in range(count):
            out.append(admin.folder(out[-1]["id"], "d"))
        return out
    far, tall = (line(admin.folder(place["id"], name), count) for name, count in (("far", 60), ("tall", 38)))
    refused = admin.post(f"/admin/asset/{tall[0]['id']}/move", {"parentId": far[-1]["id"]})
    assert (refused.status_code, refused.json()["type"]) == (409, "too-deep")
    admin.ok("DELETE", f"/admin/asset/{tall[0]['id']}")
    refused = admin.post(f"/admin/asset/{tall[0]['id']}/undelete", {"parentId": far[-1]["id"]})
    assert (refused.status_code, refused.json()["type"]) == (409, "too-deep")
    # Below the bucket there may be 100 levels: the place, far and 59 in it, and tall and 38 in it.
    admin.ok("POST", f"/admin/asset/{tall[0]['id']}/undelete", json={"parentId": far[-2]["id"]})
    assert len(admin.ok("GET", f"/asset/{tall[-1]['id']}/parent-folders")["items"]) == 100
    assert admin.post(f"/admin/asset/{tall[-1]['id']}/create-folder", {"displayName": "d"}).status_code == 409


def test_copies_share_bytes_and_bring_what_was_made(admin, place):
    source, target = admin.folder(place["id"], "source"), admin.folder(place["id"], "target")
    a = text(admin, source["id"], "a.txt", tags=["x"], customFields={"k": "v"})
    inner = admin.folder(source["id"], "inner")
    deep = text(admin, inner["id"], "deep.txt")
    done = batch(admin, "Copy", [source["id"]], parentId=target["id"])
    made = admin.asset(done["results"][0]["newId"])
    assert made["displayName"] == "source" and made["parentId"] == target["id"]
    assert names(admin, made["id"]) == ["inner", "a.txt"]
    copied = [x for x in admin.ok("GET", f"/asset/{made['id']}/children")["items"] if x["displayName"] == "a.txt"][0]
    assert copied["id"] != a["id"] and copied["tags"] == ["x"] and copied["customFields"] == {"k": "v"}
    assert copied["checksum"] == a["checksum"] and copied["assetStatusName"] == "Available" and copied["version"] == 1
    assert admin.get(copied["downloadUrl"]).content == b"a.txt"
    batch(admin, "Delete", [source["id"]])
    assert admin.get(f"/asset/{deep['id']}").status_code == 404
    assert admin.get(copied["downloadUrl"]).content == b"a.txt", "what shares the bytes is untouched"
    twin = admin.post(f"/admin/asset/{copied['id']}/duplicate")
    assert twin.status_code == 201 and twin.json()["displayName"] == "a (2).txt"


def long_sound():
    """What takes a while to process."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(256)) * 62 * 180)
    return out.getvalue()


def test_only_what_starts_work_is_answered_as_such(admin, place):
    other = admin.folder(place["id"], "other")
    sound = admin.upload("a.wav", long_sound(), parentId=place["id"])
    for path, body, status in (("index", {}, 200), ("move", {"parentId": other["id"]}, 200), ("duplicate", {}, 202)):
        answer = admin.post(f"/admin/asset/{sound['id']}/{path}", body)
        assert (answer.status_code, answer.json()["assetStatusName"]) == (status, "Creating"), path
    admin.wait_settled(sound["id"])
    assert admin.post(f"/admin/asset/{sound['id']}/reprocess").status_code == 202


@pytest.mark.parametrize("how", ["copy", "duplicate"])
def test_what_is_still_being_processed_is_processed_for_the_copy_of_its_folder_too(admin, place, how):
    source = admin.folder(place["id"], "source")
    inner = admin.folder(source["id"], "inner")
    content = long_sound()
    sound = admin.upload("a.wav", content, parentId=inner["id"], tags=["kept"])
    made = admin.ok("POST", f"/admin/asset/{source['id']}/{how}", json={"parentId": place["id"], "onConflict": "rename"})
    assert admin.asset(sound["id"])["assetStatusName"] == "Creating"
    below = admin.ok("GET", f"/asset/{made['id']}/children")["items"][0]
    copy = admin.wait_settled(admin.ok("GET", f"/asset/{below['id']}/children")["items"][0]["id"])
    assert (copy["displayName"], copy["assetStatusName"], copy["version"], copy["tags"]) == ("a.wav", "Available", 1, ["kept"])
    assert copy["streamUrl"] and admin.get(copy["downloadUrl"]).content == content


def test_a_folder_copied_below_itself_ends(admin, place):
    source = admin.folder(place["id"], "source")
    text(admin, source["id"], "a.txt")
    inner = admin.folder(source["id"], "inner")
    done = batch(admin, "Copy", [source["id"]], parentId=inner["id"])
    assert done["status"] == "Succeeded"
    copy = admin.asset(done["results"][0]["newId"])
    assert names(admin, copy["id"]) == ["inner", "a.txt"]
    assert names(admin, [x for x in admin.ok("GET", f"/asset/{copy['id']}/children")["items"] if x["displayName"] == "inner"][0]["id"]) == []


def test_the_bin_gives_back(admin, place):
    folder = admin.folder(place["id"], "folder")
    a = text(admin, folder["id"], "a.txt")
    b = text(admin, folder["id"], "b.txt")
    assert admin.delete(f"/admin/asset/{a['id']}").status_code == 204
    assert admin.delete(f"/admin/asset/{folder['id']}").status_code == 204
    assert admin.get(f"/asset/{b['id']}").status_code == 404, "what is below goes with the folder"
    bin_items = admin.ok("GET", "/admin/asset/deleted")["items"]
    ids = [x["id"] for x in bin_items]
    assert ids.index(folder["id"]) < ids.index(a["id"]) and b["id"] not in ids
    assert all(x["deletedAt"] for x in bin_items)
    answer = admin.post(f"/admin/asset/{a['id']}/undelete")
    assert answer.status_code == 409 and answer.json()["type"].endswith("parent-in-bin") and answer.json()["parentId"] == folder["id"]
    admin.folder(place["id"], "folder")
    assert admin.post(f"/admin/asset/{folder['id']}/undelete").json()["type"].endswith("name-taken"), "never over something else"
    back = admin.post(f"/admin/asset/{folder['id']}/undelete", {"onConflict": "rename"})
    assert back.status_code == 200 and back.json()["displayName"] == "folder (2)" and back.json()["deletedAt"] is None
    assert admin.asset(b["id"])["displayName"] == "b.txt"
    assert admin.get(f"/asset/{a['id']}").status_code == 404, "what was put there before keeps its own place in the bin"
    assert admin.post(f"/admin/asset/{a['id']}/undelete").status_code == 200
    assert admin.get(a["downloadUrl"]).content == b"a.txt"
    assert admin.post(f"/admin/asset/{a['id']}/undelete").status_code == 404, "it is not in the bin any more"


def test_whoever_put_their_own_folder_into_the_bin_takes_it_out_again(admin, place):
    folder = admin.folder(place["id"], "granted")
    user, editor = make_user(admin, "editor")
    grant(admin, user, folder, "write")
    editor.ok("DELETE", f"/admin/asset/{folder['id']}")
    admin.folder(place["id"], "granted")
    assert editor.post(f"/admin/asset/{folder['id']}/undelete").status_code == 409, "the name was taken meanwhile"
    back = editor.ok("POST", f"/admin/asset/{folder['id']}/undelete", json={"onConflict": "rename"})
    assert (back["parentId"], back["displayName"]) == (place["id"], "granted (2)")
    # Something more beside it is another matter, and not one of a folder that is not there.
    beside = batch(editor, "Duplicate", [folder["id"]])["results"][0]["error"]
    assert beside["code"] == "forbidden" and "the folder that it lies in" in beside["message"], beside
    reader, viewing = make_user(admin, "editor")
    grant(admin, reader, folder, "read")
    admin.ok("DELETE", f"/admin/asset/{folder['id']}")
    assert viewing.post(f"/admin/asset/{folder['id']}/undelete").status_code == 403


def test_the_bin_shows_what_one_may_see(admin, place):
    open_folder, closed = admin.folder(place["id"], "open"), admin.folder(place["id"], "closed")
    a, b = text(admin, open_folder["id"], "a.txt"), text(admin, closed["id"], "b.txt")
    batch(admin, "Trash", [a["id"], b["id"]])
    user, editor = make_user(admin, "editor")
    grant(admin, user, open_folder, "read")
    assert [x["id"] for x in editor.ok("GET", "/admin/asset/deleted")["items"]] == [a["id"]]
    user, viewer = make_user(admin, "viewer")
    grant(admin, user, open_folder, "read")
    for who in (editor, viewer):
        assert [x["id"] for x in who.ok("GET", "/asset/deleted")["items"]] == [a["id"]]
    done = batch(editor, "Undelete", [a["id"], b["id"]])
    assert [r["error"]["code"] for r in done["results"]] == ["forbidden", "not-found"]


def test_the_bin_shows_from_where_it_came_though_that_is_in_the_bin_too(admin, place):
    par = admin.folder(place["id"], "par")
    sub = admin.folder(par["id"], "sub")
    c = text(admin, sub["id"], "c.txt")
    where = ("path", "bucketName", "parentId", "objectKey", "displayName")
    before = {x["id"]: {key: x[key] for key in where} for x in (admin.asset(c["id"]), admin.asset(sub["id"]), admin.asset(par["id"]))}
    assert before[c["id"]]["path"].endswith("/par/sub/c.txt")
    for asset in (c, sub, par):
        assert admin.delete(f"/admin/asset/{asset['id']}").status_code == 204
        for path in ("/admin/asset/deleted", "/asset/deleted"):
            shown = {x["id"]: {key: x[key] for key in where} for x in admin.ok("GET", path)["items"] if x["id"] in before}
            assert asset["id"] in shown and shown == {id: before[id] for id in shown}


def test_of_a_folder_that_could_not_be_made_that_is_told_and_not_what_was_to_go_into_it(admin, place):
    d = admin.folder(place["id"], "D")
    inner = admin.folder(d["id"], "inner")
    x = text(admin, inner["id"], "x.txt")
    q = admin.folder(place["id"], "Q")
    admin.folder(q["id"], "D")
    failed = batch(admin, "Copy", [d["id"]], parentId=q["id"])["results"][0]
    assert failed["status"] == "Failed"
    assert failed["error"] == {"code": "name-taken", "message": 'There is already something named "D" here.'}
    # What was named beside it fails along with it, for that reason.
    results = batch(admin, "Copy", [d["id"], inner["id"], x["id"]], parentId=q["id"])["results"]
    assert [r["status"] for r in results] == ["Failed"] * 3
    assert results[0]["error"] == failed["error"]
    for along in results[1:]:
        assert along["error"] == {"code": "parent-failed", "message": "The folder that it was to go into could not be made."}
    assert names(admin, q["id"]) == ["D"]


def test_deleting_for_good_leaves_history_and_frees_bytes(admin, server, place):
    folder = admin.folder(place["id"], "folder")
    a = text(admin, folder["id"], "a.txt")
    gone = text(admin, folder["id"], "gone.txt")
    admin.delete(f"/admin/asset/{gone['id']}")
    done = batch(admin, "delete", [folder["id"], a["id"]])
    assert done["status"] == "Succeeded", done
    for asset in (folder, a, gone):
        assert admin.get(f"/asset/{asset['id']}").status_code == 404
    assert gone["id"] not in [x["id"] for x in admin.ok("GET", "/admin/asset/deleted")["items"]]
    audit = admin.ok("GET", f"/admin/audit?assetId={gone['id']}")["items"]
    assert [x["assetName"] for x in audit if x["operation"] == "delete"] == ["gone.txt"], "what lay in the bin went along, and that is told"
    rows = server.rows("select count(*) from asset_version v left join asset a on a.id = v.asset_id where a.id is null")
    assert rows == [["0"]]


def test_more_than_a_thousand_go_on_in_the_background(admin, place):
    source = admin.folder(place["id"], "source")
    for i in range(30):
        middle = admin.folder(source["id"], f"m{i}")
        ids = [admin.folder(middle["id"], "x")["id"]]
        batch(admin, "Copy", ids, parentId=middle["id"], onConflict="rename")
    grown = source["id"]
    total = 91
    copies = []
    while total * (len(copies) + 1) <= 1100:
        done = batch(admin, "Duplicate", [source["id"]], status=200)
        copies.append(done["results"][0]["newId"])
    big = admin.folder(place["id"], "big")
    batch(admin, "Move", [grown, *copies], parentId=big["id"])
    started = batch(admin, "Copy", [big["id"]], status=202, parentId=place["id"], onConflict="rename")
    assert started["status"] in ("Queued", "Running") and started["results"][0]["status"] == "Queued"
    ended = wait_batch(admin, started["batchId"])
    assert ended["status"] == "Succeeded"
    assert len(names(admin, ended["results"][0]["newId"])) == len(copies) + 1
    removed = wait_batch(admin, batch(admin, "Delete", [big["id"]], status=202)["batchId"])
    assert removed["status"] == "Succeeded" and admin.get(f"/asset/{big['id']}").status_code == 404


def test_a_batch_survives_a_kill_half_way(own_server):
    admin = own_server.admin()
    top = admin.folder(admin.root()["id"], "top")
    source = admin.folder(top["id"], "source")
    for i in range(40):
        admin.folder(source["id"], f"f{i}")
    for _ in range(5):
        batch(admin, "Duplicate", [x["id"] for x in admin.ok("GET", f"/asset/{top['id']}/children")["items"]])
    count = admin.ok("GET", f"/asset/{top['id']}/children")["totalItemCount"]
    assert count == 32
    started = batch(admin, "Copy", [top["id"]], status=202, parentId=admin.root()["id"], onConflict="rename")
    time.sleep(0.15)
    own_server.kill()
    own_server.start()
    admin = own_server.admin()
    ended = wait_batch(admin, started["batchId"])
    assert ended["status"] == "Succeeded", ended
    copy = ended["results"][0]["newId"]
    children = admin.ok("GET", f"/asset/{copy}/children", params={"pageSize": 500})["items"]
    assert len(children) == 32 and all(c["childCount"] == 40 for c in children), "nothing twice, nothing missing"
    tops = [x for x in admin.ok("GET", f"/asset/{admin.root()['id']}/children")["items"] if x["displayName"].startswith("top")]
    assert len(tops) == 2


def test_batches_are_listed_to_whoever_asked_for_them(admin, place):
    user, api = make_user(admin, "editor")
    other, as_other = make_user(admin, "editor")
    grant(admin, user, place, "write")
    first, second = admin.folder(place["id"], "first"), admin.folder(place["id"], "second")
    made = [batch(api, "AddTag", [first["id"], str(uuid.uuid4())], tags=["a"]), batch(api, "AddTag", [second["id"]], tags=["b"]),
            batch(api, "Index", [str(uuid.uuid4())])]
    foreign = batch(admin, "AddTag", [first["id"]], tags=["c"])
    listed = api.ok("GET", "/admin/batch")
    assert [b["batchId"] for b in listed["items"]] == [b["batchId"] for b in reversed(made)]
    assert (listed["totalItemCount"], listed["nextPageToken"]) == (3, None)
    assert [b["status"] for b in listed["items"]] == ["Failed", "Succeeded", "PartiallyFailed"]
    for item, one in zip(listed["items"], reversed(made)):
        assert item == {**{k: v for k, v in one.items() if k != "results"}, "userId": user["id"], "username": user["username"]}
    assert as_other.ok("GET", "/admin/batch")["items"] == as_other.ok("GET", f"/admin/batch?userId={user['id']}")["items"] == []
    assert api.ok("GET", "/admin/batch?state=open")["items"] == [] and api.ok("GET", "/admin/batch?state=ended") == listed
    assert api.ok("GET", f"/admin/batch?userId={user['id']}") == listed == admin.ok("GET", f"/admin/batch?userId={user['id']}")
    assert foreign["batchId"] in [b["batchId"] for b in admin.ok("GET", "/admin/batch")["items"]]
    assert admin.ok("GET", f"/admin/batch?userId={other['id']}")["totalItemCount"] == 0
    page = api.ok("GET", "/admin/batch?pageSize=2")
    later = batch(api, "AddTag", [first["id"]], tags=["d"])
    rest = api.ok("GET", f"/admin/batch?pageSize=2&pageToken={page['nextPageToken']}")
    assert page["items"] + rest["items"] == listed["items"] and rest["nextPageToken"] is None, "what comes meanwhile shifts nothing"
    assert api.ok("GET", "/admin/batch?pageSize=1")["items"][0]["batchId"] == later["batchId"]
    for query, pointer in (("pageToken=x", "?pageToken"), ("pageToken=bm90IGEgbnVtYmVy", "?pageToken"), ("state=shut", "?state"), ("userId=x", "?userId"), ("pageSize=501", "?pageSize")):
        answer = api.get(f"/admin/batch?{query}")
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == pointer, answer.text


@pytest.mark.parametrize("database", DATABASES)
def test_the_bin_empties_itself_after_its_time(database):
    with Server(database, {"storage.sweep_grace_s": "1"}) as server:
        admin = server.admin()
        folder = admin.folder(admin.root()["id"], "old")
        a, b = text(admin, folder["id"], "a.txt"), text(admin, admin.root()["id"], "young.txt")
        batch(admin, "Trash", [folder["id"], b["id"]])
        server.rows(f"update asset set deleted_at = deleted_at - 2678400000 where name = 'old'")
        admin.wait(lambda: [x["id"] for x in admin.ok("GET", "/admin/asset/deleted")["items"]] == [b["id"]])
        assert server.rows("select count(*) from asset where name = 'a.txt'") == [["0"]]
        history = admin.wait(lambda: server.rows(f"select count(*) from audit_entry where operation = 'delete'"))
        assert history == [["2"]]


def test_versions_can_be_listed_and_brought_back(admin, place):
    a = text(admin, place["id"], "a.txt", "first")
    admin.upload("a.txt", b"second", replacesAssetId=a["id"])
    admin.wait(lambda: admin.asset(a["id"])["version"] == 2 and admin.asset(a["id"])["assetStatusName"] == "Available")
    items = admin.ok("GET", f"/asset/{a['id']}/version")["items"]
    assert [(v["version"], v["current"]) for v in items] == [(1, False), (2, True)]
    back = admin.post(f"/asset/{a['id']}/version/1/revert")
    assert back.status_code == 200 and back.json()["version"] == 3
    assert admin.get(back.json()["downloadUrl"]).content == b"first"
    assert admin.post(f"/asset/{a['id']}/version/9/revert").status_code == 404
    assert admin.post(f"/asset/{a['id']}/version/x/revert").status_code == 400
    assert admin.ok("GET", f"/asset/{a['id']}/history")["items"][-1]["operation"] == "revert"


def test_reprocessing_runs_the_steps_again(admin, place):
    a = text(admin, place["id"], "a.txt")
    before = admin.ok("GET", f"/admin/asset/{a['id']}/job-history")["items"]
    answer = admin.post(f"/admin/asset/{a['id']}/reprocess")
    assert answer.status_code == 202 and answer.json()["assetStatusName"] == "Updating"
    admin.wait_settled(a["id"])
    after = admin.ok("GET", f"/admin/asset/{a['id']}/job-history")["items"]
    assert sorted(j["jobType"] for j in after) == sorted(2 * [j["jobType"] for j in before])
    assert admin.post(f"/admin/asset/{a['id']}/reprocess", {"steps": ["dance"]}).json()["errors"][0]["pointer"] == "/steps/0"
    assert admin.post(f"/admin/asset/{place['id']}/reprocess").status_code == 200
    batch(admin, "Reprocess", [place["id"]], steps=["checksum"])
    admin.wait_settled(a["id"])


@pytest.mark.parametrize("action", ["copy", "move"])
def test_what_has_the_name_gets_a_new_version(admin, place, action):
    here, there = admin.folder(place["id"], "here"), admin.folder(place["id"], "there")
    source = admin.wait_settled(admin.upload("a.png", TINY_PNG, parentId=here["id"])["id"])
    holder = admin.wait_settled(admin.upload("a.png", b"what was there", parentId=there["id"], tags=["kept"])["id"])
    body = {"parentId": there["id"]}
    assert admin.post(f"/admin/asset/{source['id']}/{action}", body).json()["type"].endswith("name-taken")
    answer = admin.post(f"/admin/asset/{source['id']}/{action}", {**body, "onConflict": "replace"})
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["id"], found["version"], found["tags"], found["assetStatusName"]) == (holder["id"], 2, ["kept"], "Available")
    assert (found["mediaType"], found["width"]) == (source["mediaType"], source["width"]) and found["thumbnailUrl"]
    assert admin.get(found["downloadUrl"]).content == TINY_PNG and admin.get(found["thumbnailUrl"]).status_code == 200
    assert [e["toStatus"] for e in admin.ok("GET", f"/asset/{holder['id']}/history")["items"]][-2:] == ["Replacing", "Available"]
    assert admin.ok("GET", f"/asset/{there['id']}/children")["totalItemCount"] == 1
    if action == "move":
        assert admin.get(f"/asset/{source['id']}").status_code == 404
        assert source["id"] in [item["id"] for item in admin.ok("GET", "/admin/asset/deleted?pageSize=500")["items"]], "nothing is lost"
        admin.ok("POST", f"/admin/asset/{source['id']}/undelete", json={})
    assert admin.get(admin.asset(source["id"])["downloadUrl"]).content == TINY_PNG
    assert admin.ok("POST", f"/asset/{holder['id']}/version/1/revert")["version"] == 3
    assert admin.get(admin.asset(holder["id"])["downloadUrl"]).content == b"what was there"

    # Where nothing has the name it is as without; folders, a thing itself and a placeholder are not replaced.
    other = admin.wait_settled(admin.upload("b.txt", b"b", parentId=here["id"])["id"])
    folder = admin.folder(there["id"], "b.txt")
    answer = admin.post(f"/admin/asset/{other['id']}/{action}", {**body, "onConflict": "replace"})
    assert answer.status_code == 409 and answer.json()["type"].endswith("name-taken")
    done = admin.ok("POST", f"/admin/asset/{action}", json={"targetIds": [folder["id"]], "actionArguments": {"parentId": here["id"], "onConflict": "replace"}})
    assert done["results"][0]["status"] == "Failed" and done["results"][0]["error"]["code"].endswith("name-taken")
    if action == "copy":
        answer = admin.post(f"/admin/asset/{other['id']}/copy", {"parentId": here["id"], "onConflict": "replace"})
        assert answer.status_code == 409 and answer.json()["type"].endswith("name-taken")
    free = admin.wait_settled(admin.upload("c.txt", b"c", parentId=here["id"])["id"])
    reserved = admin.ok("POST", f"/admin/asset/{place['id']}/create-placeholder", json={"displayName": "c.txt"})
    answer = admin.post(f"/admin/asset/{free['id']}/{action}", {"parentId": place["id"], "onConflict": "replace"})
    assert answer.status_code == 409 and answer.json()["assetStatusName"] == "Placeholder" and admin.asset(reserved["id"])["version"] == 0
    done = admin.ok("POST", f"/admin/asset/{action}", json={"targetIds": [free["id"], other["id"]], "actionArguments": {**body, "onConflict": "replace"}})
    assert [r["status"] for r in done["results"]] == ["Succeeded", "Failed"]
    assert {item["displayName"] for item in admin.ok("GET", f"/asset/{there['id']}/children")["items"]} == {"a.png", "b.txt", "c.txt"}
