"""GET /asset/{id}/access: who may do what, and through which grants (issue 3, api.md 2)."""
import uuid

from reelvault_server import Api
from test_tree import grant, make_user


def make_group(admin, *users):
    group = admin.ok("POST", "/admin/group", json={"name": "g" + uuid.uuid4().hex[:10]})
    for user in users:
        admin.ok("POST", f"/admin/group/{group['id']}/member", json={"userId": user["id"]})
    return group


def grant_group(admin, group, asset, permission):
    return admin.ok("POST", "/admin/grant", json={"groupId": group["id"], "assetId": asset["id"], "permission": permission})


def test_every_grant_that_bears_on_it_is_named_nearest_first(admin, place):
    inner = admin.folder(place["id"], "inner")
    asset = admin.upload("a.txt", b"a", parentId=inner["id"])
    user, _ = make_user(admin)
    group = make_group(admin, user)
    far = grant_group(admin, group, place, "write")
    near = grant(admin, user, inner, "read")
    for prefix in ("/asset", "/admin/asset"):
        told = admin.ok("GET", f"{prefix}/{asset['id']}/access?userId={user['id']}")
        assert (told["assetId"], told["userId"], told["username"]) == (asset["id"], user["id"], user["username"])
        assert (told["role"], told["disabled"], told["permission"], told["heldTo"]) == ("viewer", False, "write", None)
        assert told["reasons"] == [
            {"kind": "grant", "permission": "read", "grantId": near["id"], "groupId": None, "groupName": None,
             "assetId": inner["id"], "assetName": "inner", "assetPath": inner["path"], "distance": 1},
            {"kind": "group-grant", "permission": "write", "grantId": far["id"], "groupId": group["id"], "groupName": group["name"],
             "assetId": place["id"], "assetName": place["displayName"], "assetPath": place["path"], "distance": 2},
        ]


def test_roles_scopes_and_disabled_users_are_explained(admin, place):
    me = admin.ok("GET", "/account/user")
    told = admin.ok("GET", f"/asset/{place['id']}/access")
    assert (told["userId"], told["permission"]) == (me["id"], "manage")
    assert [(r["kind"], r["permission"], r["grantId"], r["distance"]) for r in told["reasons"]] == [("role", "manage", None, None)]
    key = admin.ok("POST", "/admin/api-key", json={"name": "k", "scopes": ["read"]})
    told = Api(admin.url, key["key"]).ok("GET", f"/asset/{place['id']}/access")
    assert (told["permission"], told["heldTo"]) == ("read", "read")

    user, _ = make_user(admin)
    grant(admin, user, place, "manage")
    admin.ok("PATCH", f"/admin/user/{user['id']}", json={"disabled": True})
    told = admin.ok("GET", f"/asset/{place['id']}/access?userId={user['id']}")
    assert (told["disabled"], told["permission"], told["reasons"]) == (True, None, []), "grants of a disabled user bear on nothing"

    stranger, _ = make_user(admin)
    told = admin.ok("GET", f"/asset/{place['id']}/access?userId={stranger['id']}")
    assert (told["permission"], told["reasons"]) == (None, [])


def test_others_access_is_for_managers_and_hides_what_these_may_not_see(admin, place):
    inner = admin.folder(place["id"], "inner")
    reader, as_reader = make_user(admin)
    manager, as_manager = make_user(admin)
    _, foreign = make_user(admin)
    far = grant(admin, reader, place, "read")
    grant(admin, manager, inner, "manage")
    path = f"/asset/{inner['id']}/access"
    assert as_reader.ok("GET", path)["permission"] == "read"
    assert as_reader.ok("GET", f"{path}?userId={reader['id'].upper()}")["permission"] == "read"
    assert as_reader.get(f"{path}?userId={manager['id']}").status_code == 403
    assert foreign.get(path).status_code == 404
    assert foreign.get(f"{path}?userId={reader['id']}").status_code == 404
    told = as_manager.ok("GET", f"{path}?userId={reader['id']}")
    assert told["permission"] == "read"
    only = told["reasons"][0]
    assert (only["grantId"], only["distance"]) == (far["id"], 1)
    assert (only["assetId"], only["assetName"], only["assetPath"]) == (None, None, None), "a folder that the manager may not see"
    assert as_manager.get(f"{path}?userId={uuid.uuid4()}").status_code == 404
    assert as_manager.get(f"{path}?userId=x").json()["errors"][0]["pointer"] == "?userId"
    assert as_manager.get(f"/admin{path}").status_code == 403, "the role, under /admin"


def test_grants_on_what_is_gone_for_good_are_gone(admin, place):
    inner = admin.folder(place["id"], "inner")
    deep = admin.folder(inner["id"], "deep")
    user, guest = make_user(admin, "editor")
    given = [grant(admin, user, asset, "read") for asset in (inner, deep)]
    kept = grant(admin, user, place, "read")
    assert admin.delete(f"/admin/asset/{inner['id']}").status_code == 204
    assert admin.get(f"/admin/grant/{given[0]['id']}").status_code == 200, "what is in the bin may come back, with its grants"
    assert guest.get(f"/asset/{deep['id']}").status_code == 404
    assert admin.post(f"/admin/asset/{inner['id']}/undelete").status_code == 200
    assert guest.get(f"/asset/{deep['id']}").status_code == 200
    done = admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [inner["id"]]})
    assert done["results"][0]["status"] == "Succeeded", done
    Api.wait(lambda: all(admin.get(f"/admin/grant/{g['id']}").status_code == 404 for g in given))
    assert admin.get(f"/admin/grant/{kept['id']}").status_code == 200
    assert guest.ok("GET", "/asset/roots")["items"][0]["id"] == place["id"]


def test_managers_manage_the_grants_on_what_they_manage(admin, place):
    inner, beside = admin.folder(place["id"], "inner"), admin.folder(place["id"], "beside")
    deep = admin.folder(inner["id"], "deep")
    manager, api = make_user(admin, "editor")
    user, guest = make_user(admin)
    far, near = grant(admin, user, place, "read"), grant(admin, user, beside, "read")
    own = grant(admin, manager, inner, "manage")

    assert api.get("/admin/grant").json()["errors"][0]["pointer"] == "?assetId"
    assert api.get(f"/admin/grant?userId={user['id']}").status_code == 400
    for hidden, given in ((place, far), (beside, near)):
        assert api.get(f"/admin/grant?assetId={hidden['id']}").status_code == 404
        assert api.post("/admin/grant", {"userId": user["id"], "assetId": hidden["id"], "permission": "read"}).status_code == 404
        for method in ("GET", "DELETE", "PATCH"):
            body = {"json": {"permission": "manage"}} if method == "PATCH" else {}
            answer = api.request(method, f"/admin/grant/{given['id']}", **body)
            unknown = api.request(method, f"/admin/grant/{uuid.uuid4()}", **body)
            assert answer.status_code == unknown.status_code == 404
            assert {**answer.json(), "instance": ""} == {**unknown.json(), "instance": ""}, "cannot be told from one that is not there"
    assert [g["id"] for g in api.ok("GET", f"/admin/grant?assetId={inner['id']}")["items"]] == [own["id"]]
    assert api.ok("GET", f"/admin/grant?assetId={inner['id']}&userId={user['id']}")["totalItemCount"] == 0

    made = grant(api, user, deep, "write")
    assert made["createdBy"] == manager["id"] and admin.ok("GET", f"/admin/grant/{made['id']}") == made
    assert guest.ok("GET", f"/asset/{deep['id']}/access")["permission"] == "write"
    assert api.ok("PATCH", f"/admin/grant/{made['id']}", json={"permission": "read"})["permission"] == "read"
    assert guest.ok("GET", f"/asset/{deep['id']}/access")["permission"] == "read"
    assert api.delete(f"/admin/grant/{made['id']}").status_code == 204
    file = admin.upload("a.txt", b"a", parentId=inner["id"])
    assert api.post("/admin/grant", {"userId": user["id"], "assetId": file["id"], "permission": "read"}).status_code == 400

    # Less than manage, here or there, is not enough; and a key may less than its user.
    grant(admin, manager, beside, "write")
    assert api.get(f"/admin/grant?assetId={beside['id']}").status_code == 403
    assert api.post("/admin/grant", {"userId": user["id"], "assetId": beside["id"], "permission": "read"}).status_code == 403
    assert api.delete(f"/admin/grant/{near['id']}").status_code == 403
    for scope, expected in (("write", 403), ("manage", 200)):
        key = admin.ok("POST", "/admin/api-key", json={"name": scope, "userId": manager["id"], "scopes": [scope]})
        assert Api(admin.url, key["key"]).get(f"/admin/grant?assetId={inner['id']}").status_code == expected
    viewer, as_viewer = make_user(admin)
    grant(admin, viewer, inner, "manage")
    assert as_viewer.get(f"/admin/grant?assetId={inner['id']}").status_code == 403, "the role, under /admin"

    # Whoever gives away their own right has given it away.
    assert api.delete(f"/admin/grant/{own['id']}").status_code == 204
    assert api.get(f"/admin/grant?assetId={inner['id']}").status_code == 404
    assert admin.get(f"/admin/grant/{far['id']}").status_code == admin.get(f"/admin/grant/{near['id']}").status_code == 200


def test_managers_find_whom_to_let_in_and_learn_no_more_of_them(admin, place):
    inner = admin.folder(place["id"], "inner")
    manager, api = make_user(admin, "editor")
    grant(admin, manager, inner, "manage")
    mark = uuid.uuid4().hex[:8]
    made = admin.ok("POST", "/admin/user", json={"username": f"{mark}-login", "displayName": f"Ärmel Ov{mark} Müller",
                                                 "email": f"Mail.{mark}@Example.org", "role": "viewer"})
    unnamed = admin.ok("POST", "/admin/user", json={"username": f"{mark}.other", "role": "viewer"})
    gone = admin.ok("POST", "/admin/user", json={"username": f"{mark}-gone", "role": "viewer"})
    admin.ok("PATCH", f"/admin/user/{gone['id']}", json={"disabled": True})
    group = admin.ok("POST", "/admin/group", json={"name": f"{mark} Group"})
    short = admin.ok("POST", "/admin/group", json={"name": chr(0x4E00 + int(mark[:3], 16)) + mark[3]})

    def found(search, by=api, folder=inner):
        return by.ok("GET", "/admin/grantee", params={"assetId": folder["id"], "search": search})["items"]

    person = {"kind": "user", "id": made["id"], "displayName": f"Ärmel Ov{mark} Müller"}
    assert found(mark.upper()) == [{"kind": "group", "id": group["id"], "displayName": f"{mark} Group"}, person,
                                   {"kind": "user", "id": unnamed["id"], "displayName": f"{mark}.other"}]
    for search in (f"{mark}-LOGIN", f"ov{mark}", f"OV{mark} m", f"  {mark}-log ", f"mail.{mark}@example.ORG"):
        assert found(search) == [person], search
    assert person in found("Ärm")
    # Of an address nothing is told but to whoever has the whole of it; nor does a part of a name, or a pattern, find anything.
    for search in (f"mail.{mark}@example.or", f"mail.{mark}", f"{mark[1:]}-login", f"{mark}%", f"{mark}_login", "%%%", "___", f"{mark}-gone", "\\\\\\", "' or 1=1"):
        assert found(search) == [], search
    assert found(short["name"]) == [{"kind": "group", "id": short["id"], "displayName": short["name"]}], "a short name as a whole"
    assert found(mark[:2]) == found(short["name"][:1]) == found("  ") == [], "and no beginning that is so short"
    many = [admin.ok("POST", "/admin/user", json={"username": f"many{mark}{i:02}", "role": "viewer"}) for i in range(22)]
    assert [item["id"] for item in found(f"many{mark}")] == [user["id"] for user in many[:20]]

    assert found(f"{mark}-login", admin, place) == [person]
    file = admin.upload("a.txt", b"a", parentId=inner["id"])
    assert found(f"{mark}-login", folder=file) == [person], "who is asked about may be told of a file, too"
    path = "/admin/grantee"
    assert api.get(path, params={"assetId": place["id"], "search": mark}).status_code == 404
    assert api.get(path, params={"assetId": str(uuid.uuid4()), "search": mark}).status_code == 404
    for query, pointer in (({"search": mark}, "?assetId"), ({"assetId": inner["id"]}, "?search"), ({"assetId": inner["id"], "search": ""}, "?search"),
                           ({"assetId": "x", "search": mark}, "?assetId"), ({"assetId": inner["id"], "search": "x" * 201}, "?search")):
        answer = api.get(path, params=query)
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == pointer, answer.text
    writer, as_writer = make_user(admin, "editor")
    grant(admin, writer, inner, "write")
    assert as_writer.get(path, params={"assetId": inner["id"], "search": mark}).status_code == 403

    given = api.ok("POST", "/admin/grant", json={"userId": made["id"], "assetId": inner["id"], "permission": "read"})
    assert given["displayName"] == person["displayName"]
    assert [g["displayName"] for g in api.ok("GET", f"/admin/grant?assetId={inner['id']}")["items"]][-1] == person["displayName"]
    assert grant_group(api, group, inner, "read")["displayName"] == group["name"]


def test_managers_see_all_grants_that_bear_on_it_and_where_as_far_as_they_may(admin, place):
    inner = admin.folder(place["id"], "inner")
    asset = admin.upload("a.txt", b"a", parentId=admin.folder(inner["id"], "deep")["id"])
    reader, as_reader = make_user(admin)
    manager, api = make_user(admin, "editor")
    group = make_group(admin)
    far = grant(admin, reader, place, "read")
    own = grant(admin, manager, inner, "manage")
    near = grant_group(admin, group, inner, "write")
    grant(admin, reader, admin.folder(place["id"], "beside"), "read")
    for prefix in ("/asset", "/admin/asset"):
        told = api.ok("GET", f"{prefix}/{asset['id']}/grant")
        assert (told["totalItemCount"], told["totalIsEstimate"], told["nextPageToken"]) == (3, False, None)
        hidden, mine, theirs = told["items"]
        assert hidden == {"id": far["id"], "userId": reader["id"], "groupId": None, "displayName": reader["username"], "permission": "read",
                          "assetId": None, "assetName": None, "assetPath": None, "distance": 3, "mayChange": False, "createdAt": far["createdAt"]}
        assert (mine["id"], mine["assetId"], mine["assetName"], mine["distance"], mine["mayChange"]) == (own["id"], inner["id"], "inner", 2, True)
        assert (theirs["id"], theirs["groupId"], theirs["displayName"], theirs["mayChange"]) == (near["id"], group["id"], group["name"], True)
    everything = admin.ok("GET", f"/asset/{asset['id']}/grant")["items"]
    assert [(g["assetPath"], g["mayChange"]) for g in everything] == [(place["path"], True), (inner["path"], True), (inner["path"], True)]
    seen, token = [], None
    while True:
        page = admin.ok("GET", f"/asset/{asset['id']}/grant", params={"pageSize": 1, "sort": "-createdAt", **({"pageToken": token} if token else {})})
        seen += [g["id"] for g in page["items"]]
        token = page["nextPageToken"]
        if not token:
            break
    assert seen == [g["id"] for g in reversed(everything)]
    grant(admin, manager, place, "read")
    assert api.ok("GET", f"/asset/{asset['id']}/grant")["items"][0]["assetPath"] == place["path"]
    assert api.ok("GET", f"/asset/{asset['id']}/grant")["items"][0]["mayChange"] is False
    assert as_reader.get(f"/asset/{asset['id']}/grant").status_code == 403
    assert admin.get(f"/asset/{asset['id']}/grant?pageToken=x").json()["errors"][0]["pointer"] == "?pageToken"
    viewer, as_viewer = make_user(admin)
    grant(admin, viewer, inner, "manage")
    assert not any(g["mayChange"] for g in as_viewer.ok("GET", f"/asset/{asset['id']}/grant")["items"]), "a viewer makes no grants"
