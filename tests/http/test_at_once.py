"""Many clients at once on the same things, each with a session of its own. `./dev sanitize tsan tests/http/test_at_once.py`
runs this with the program watched for races; src/catalog/batch_test.cpp has the same below the wire, where it is quicker."""
import concurrent.futures
import threading

from reelvault_server import Api, noise
from test_batch import batch, names


def at_once(admin, calls):
    """Runs all calls, released together; gives what each gave."""
    released = threading.Barrier(len(calls), timeout=60)

    def run(call):
        api = Api(admin.url, admin.session.headers["Authorization"].removeprefix("Bearer "))
        released.wait()
        return call(api)

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def total(admin, folder):
    return admin.ok("GET", f"/asset/{folder['id']}/children")["totalItemCount"]


def move(asset, target, **more):
    return lambda api: api.post(f"/admin/asset/{asset['id']}/move", {"parentId": target["id"], **more})


def files(admin, parent, count):
    return [admin.ok("POST", f"/admin/asset/{parent['id']}/create-placeholder", json={"displayName": f"f{n}"}) for n in range(count)]


def test_crossing_moves_never_make_a_cycle(admin, place):
    for turn in range(6):
        top = admin.folder(place["id"], f"top{turn}")
        ring = [admin.folder(top["id"], name) for name in "abcd"]
        answers = at_once(admin, [move(each, ring[(n + 1) % 4]) for n, each in enumerate(ring)])
        assert {a.status_code for a in answers} == {200, 409}, "the last one would have closed the ring"
        assert all(a.json()["type"].endswith("into-itself") for a in answers if a.status_code == 409)
        above = {each["id"]: admin.asset(each["id"])["parentId"] for each in ring}
        for each in ring:
            seen, at = [], each["id"]
            while at != top["id"]:
                assert at not in seen, "a cycle"
                seen.append(at)
                at = above[at]
            assert admin.asset(each["id"])["path"].count("/") == top["path"].count("/") + len(seen)
        moved = sum(a.status_code == 200 for a in answers)
        assert total(admin, top) == 4 - moved
        assert sum(total(admin, each) for each in ring) == moved


def test_equal_names_never_appear_twice(admin, place):
    sources = [admin.folder(place["id"], f"from{n}") for n in range(4)]
    same = [admin.ok("POST", f"/admin/asset/{s['id']}/create-placeholder", json={"displayName": "same"}) for s in sources]
    target = admin.folder(place["id"], "target")

    def make(**more):
        return lambda api: api.post(f"/admin/asset/{target['id']}/create-folder", {"displayName": "same", **more})

    def upload(**more):
        return lambda api: api.post("/asset/upload/start", {"fileName": "same", "fileSize": 1, "parentId": target["id"], **more})

    calls = [move(same[0], target), move(same[1], target), make(), make(), upload(), upload()]
    kept = [move(same[2], target, onConflict="rename"), move(same[3], target, onConflict="rename"),
            make(onConflict="rename"), upload(onConflict="rename")]  # fmt: skip
    answers = at_once(admin, [*calls, *kept])
    plain, renamed = answers[:len(calls)], answers[len(calls):]
    assert {a.status_code for a in plain} <= {200, 201, 409} and sum(a.status_code != 409 for a in plain) <= 1
    assert all(a.status_code in (200, 201) for a in renamed), [a.text for a in renamed]
    # What is being uploaded holds its name, and is shown.
    found = names(admin, target["id"])
    assert len(found) == len(set(found)) == sum(a.status_code != 409 for a in answers) == total(admin, target)
    assert "same" in found


def test_overlapping_batches_end_in_one_of_the_orders(admin, place):
    for turn in range(3):
        here, one, two = (admin.folder(place["id"], f"{name}{turn}") for name in ("here", "one", "two"))
        ids = [f["id"] for f in files(admin, here, 20)]
        first, second = at_once(admin, [lambda api: batch(api, "Move", ids, parentId=one["id"]),
                                        lambda api: batch(api, "Move", ids[::-1], parentId=two["id"])])  # fmt: skip
        assert first["succeededCount"] == second["succeededCount"] == 20
        left, right = names(admin, one["id"]), names(admin, two["id"])
        assert sorted(left + right) == sorted(f"f{n}" for n in range(20)), "each is in one of the places"
        assert (total(admin, here), total(admin, one), total(admin, two)) == (0, len(left), len(right))
        for asset in ids:
            moves = [line for line in admin.ok("GET", f"/asset/{asset}/history")["items"] if line["operation"] == "move"]
            assert len(moves) == 2


def test_a_move_and_a_deletion_of_the_same_things_end_in_one_of_the_orders(admin, place):
    for turn in range(3):
        here, there = admin.folder(place["id"], f"here{turn}"), admin.folder(place["id"], f"there{turn}")
        ids = [f["id"] for f in files(admin, here, 20)]
        moved, trashed = at_once(admin, [lambda api: batch(api, "Move", ids, parentId=there["id"]),
                                         lambda api: batch(api, "Trash", ids[::-1])])  # fmt: skip
        assert trashed["failedCount"] == 0, "what was moved is there to be trashed"
        assert (total(admin, here), total(admin, there)) == (0, 0)
        back = batch(admin, "Undelete", ids)
        assert back["succeededCount"] == 20
        for result in moved["results"]:
            parent = admin.asset(result["id"])["parentId"]
            assert parent == (there if result["status"] == "Succeeded" else here)["id"]


def test_completes_of_one_upload_make_one_asset(admin, place):
    for turn in range(5):
        content = noise(1000)
        upload = admin.start_upload(f"twice{turn}.bin", len(content), parentId=place["id"])
        admin.send_part(upload["parts"][0], content)
        answers = at_once(admin, [lambda api: api.post(f"/asset/upload/{upload['id']}/complete")] * 4)
        assert {(a.status_code, a.json()["id"]) for a in answers} == {(200, upload["assetId"])}
        jobs = admin.ok("GET", f"/admin/asset/{upload['assetId']}/job-history")["items"]
        assert len([j for j in jobs if j["jobType"] == "probe"]) == 1
        assert total(admin, place) == turn + 1
        assert admin.get(admin.asset(upload["assetId"])["downloadUrl"]).content == content


def test_a_complete_and_a_cancel_of_one_upload_have_one_winner(admin, place):
    for turn in range(5):
        upload = admin.start_upload(f"which{turn}.bin", 3, parentId=place["id"])
        admin.send_part(upload["parts"][0], b"abc")
        path = f"/asset/upload/{upload['id']}"
        complete, cancel = at_once(admin, [lambda api: api.post(f"{path}/complete"), lambda api: api.post(f"{path}/cancel")])
        won = complete.status_code == 200
        assert won != (cancel.status_code < 300), (complete.text, cancel.text)
        assert (complete if not won else cancel).status_code == 409
        assert admin.get(f"/asset/{upload['assetId']}").status_code == (200 if won else 404)
