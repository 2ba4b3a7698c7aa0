"""POST /search and GET /search/suggest over HTTP (api.md 20; traps 55, 56)."""
import time
import uuid

import pytest
from test_tree import grant, make_user


def search(who, query="", **more):
    return who.ok("POST", "/search", json={"query": query, **more})


def names(who, query="", **more):
    return [item["displayName"] for item in search(who, query, **more)["items"]]


@pytest.fixture
def word():
    """A word that no other test has."""
    return "w" + uuid.uuid4().hex[:10]


def test_an_answer_is_assets_with_score_and_highlights(admin, place, word):
    asset = admin.upload(f"{word} Café.txt", b"x", parentId=place["id"], tags=["Größe"])
    admin.patch(f"/asset/{asset['id']}", {"description": f"<script>{word}</script>"})
    page = search(admin, f"cafe {word}")
    assert page["totalItemCount"] == 1 and page["totalIsEstimate"] is False and page["nextPageToken"] is None
    item = page["items"][0]
    assert set(item) == set(admin.ok("GET", f"/asset/{asset['id']}")) | {"score", "highlights"}
    assert item["id"] == asset["id"] and item["path"].endswith("Café.txt") and item["score"] > 0
    marked = {h["field"]: h["text"] for h in item["highlights"]}
    assert marked["displayName"] == f"<mark>{word}</mark> <mark>Café</mark>.txt"
    assert marked["description"] == f"&lt;script&gt;<mark>{word}</mark>&lt;/script&gt;"
    assert names(admin, f"{word} grosse") == [asset["displayName"]]


@pytest.mark.parametrize("name, queries", [
    ("Ångström_Übung", ["angstrom", "ÜBUNG", "a\u030angstro\u0308m"]),
    ("東京タワーの夜景", ["東京", "タワー", "ﾀﾜｰ", "夜", "\"東京タワー\""]),
    ("中华人民共和国", ["人民", "共和国", "华"]),
    ("Москва́ ёлка", ["москва", "елка", "моск*"]),
    ("שָׁלוֹם", ["שלום"]),
])
def test_accents_and_scripts_do_not_hide(admin, place, word, name, queries):
    made = admin.folder(place["id"], f"{name} {word}")
    for query in queries:
        assert names(admin, f"{word} {query}") == [made["displayName"]], query


@pytest.mark.parametrize("query", ['"', '""', "-", "*", "-*", "AND", "NOT x OR", "NEAR(a, b)", "a:b", "{x}: y", "^a", "(", ")", "'; drop table asset; --",
                                   "\\", "%", "_", "\"open", "-\"open", "a AND (b", "\ue000t2", "\u0000".strip("\u0000") or "!", "&|!<->", "' | 'x", ":*"])
def test_operators_are_text(admin, place, word, query):
    admin.folder(place["id"], word)
    answer = admin.post("/search", {"query": query})
    assert answer.status_code == 200, answer.text
    answer = admin.post("/search", {"query": f"{word} {query}"})
    assert answer.status_code == 200, answer.text
    assert all(word in item["displayName"] for item in answer.json()["items"])


def test_phrases_beginnings_and_exclusions(admin, place, word):
    for name in (f"{word} low tide", f"{word} tide low", f"{word} lowland"):
        admin.folder(place["id"], name)
    assert names(admin, f'{word} "low tide"') == [f"{word} low tide"]
    assert sorted(names(admin, f"{word} low*")) == sorted([f"{word} low tide", f"{word} tide low", f"{word} lowland"])
    assert names(admin, f"{word} low* -tide") == [f"{word} lowland"]
    assert sorted(names(admin, f'{word} -"low tide"')) == sorted([f"{word} tide low", f"{word} lowland"])


def test_what_changed_is_found_by_the_next_search(admin, place, word):
    asset = admin.upload(f"{word}a.txt", b"x", parentId=place["id"])
    assert names(admin, f"{word}a") == [f"{word}a.txt"]
    admin.ok("PATCH", f"/asset/{asset['id']}", json={"displayName": f"{word}b.txt", "tags": [f"{word}t"], "customFields": {"scene": f"{word}c"}})
    assert names(admin, f"{word}a") == ["%sb.txt" % word], "the name it was uploaded under is kept, and found"
    for query in (f"{word}b", f"{word}t", f"{word}c"):
        assert names(admin, query) == [f"{word}b.txt"], query
    assert names(admin, filters={"tags": f"{word}T"}) == [f"{word}b.txt"]
    assert names(admin, filters={"customFields": {"scene": f"{word}c"}}) == [f"{word}b.txt"]
    admin.ok("PATCH", f"/asset/{asset['id']}", json={"tags": [], "customFields": {"scene": None}})
    for query in (f"{word}t", f"{word}c"):
        assert names(admin, query) == [], query
    admin.wait_settled(asset["id"])
    assert names(admin, f"{word}b", filters={"assetStatus": 1}) == [f"{word}b.txt"]
    assert admin.delete(f"/admin/asset/{asset['id']}").status_code == 204
    assert names(admin, f"{word}b") == []
    assert admin.post(f"/admin/asset/{asset['id']}/undelete").status_code == 200
    assert names(admin, f"{word}b") == [f"{word}b.txt"]
    admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [asset["id"]]})
    deadline = time.monotonic() + 10
    while names(admin, f"{word}b") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert names(admin, f"{word}b") == []


def test_nothing_leaks_to_whom_may_not_read(admin, place, word):
    open_, shut = admin.folder(place["id"], "open"), admin.folder(place["id"], f"{word}shut")
    for folder, tag in ((open_, f"{word}open"), (shut, f"{word}hidden")):
        for i in range(3):
            admin.upload(f"{word} {folder['displayName']} {i}.txt", b"x", parentId=folder["id"], tags=[tag], customFields={"client": tag})
    user, guest = make_user(admin)

    def everything():
        page = search(guest, word, facets=["tags", "mediaType", "customFields.client", "createdAt"])
        suggestions = [item["text"] for item in guest.ok("GET", f"/search/suggest?prefix={word}")["items"]]
        return page, suggestions

    page, suggestions = everything()
    assert page["items"] == [] and page["totalItemCount"] == 0 and suggestions == []
    assert all(values == [] for values in page["facets"].values())
    given = grant(admin, user, open_, "read")
    page, suggestions = everything()
    assert page["totalItemCount"] == 3 and len(page["items"]) == 3
    assert page["facets"]["tags"] == [{"value": f"{word}open", "count": 3}]
    assert page["facets"]["customFields.client"] == [{"value": f"{word}open", "count": 3}]
    assert sum(v["count"] for v in page["facets"]["mediaType"]) == 3
    assert f"{word}hidden" not in str(page) + str(suggestions) and "shut" not in str(suggestions)
    assert f"{word}open" in suggestions
    assert guest.post("/search", {"filters": {"parentId": shut["id"]}}).status_code == 404
    assert guest.post("/search", {"filters": {"parentId": str(uuid.uuid4())}}).status_code == 404
    assert names(guest, word, sort="name", filters={"tags": f"{word}hidden"}) == []

    # Moved, it leaks no more; moved back, it is there again.
    file = page["items"][0]
    assert admin.ok("POST", "/admin/asset/Move", json={"targetIds": [file["id"]], "actionArguments": {"parentId": shut["id"]}})["succeededCount"] == 1
    page, _ = everything()
    assert page["totalItemCount"] == 2 and page["facets"]["tags"][0]["count"] == 2
    assert admin.ok("POST", "/admin/asset/Move", json={"targetIds": [shut["id"]], "actionArguments": {"parentId": open_["id"]}})["succeededCount"] == 1
    assert search(guest, word)["totalItemCount"] == 6, "a folder that is moved takes what is below with it"
    assert admin.delete(f"/admin/grant/{given['id']}").status_code == 204
    assert search(guest, word)["totalItemCount"] == 0


def test_collections_narrow_by_id_and_by_name(admin, place, word):
    open_, shut = admin.folder(place["id"], "open"), admin.folder(place["id"], "shut")
    files = {name: admin.upload(f"{word} {name}", b"x", parentId=folder["id"])["id"] for name, folder in (("a.txt", open_), ("b.txt", open_), ("c.txt", shut))}
    folder = admin.folder(open_["id"], f"{word} folder")
    deep = admin.folder(admin.folder(folder["id"], f"{word} mid")["id"], "deep")
    admin.upload(f"{word} inside.txt", b"x", parentId=deep["id"])
    first = admin.ok("POST", "/collection", json={"name": f"Größe {word}"})
    second = admin.ok("POST", "/collection", json={"name": f"second {word}"})
    empty = admin.ok("POST", "/collection", json={"name": f"empty {word}"})
    admin.ok("POST", f"/collection/{first['id']}/item", json={"ids": [files["a.txt"], files["c.txt"], folder["id"]]})
    admin.ok("POST", f"/collection/{second['id']}/item", json={"ids": [files["b.txt"], files["c.txt"]]})
    user, guest = make_user(admin)
    grant(admin, user, open_, "read")

    def found(who, *collections, **more):
        return sorted(name.removeprefix(word + " ") for name in names(who, word, filters={"collections": list(collections), **more}))

    # A folder in a collection stands for itself and for what it holds, wherever below it.
    held = ["folder", "inside.txt", "mid"]
    for named in (first["id"], first["id"].upper(), first["name"], f"GRÖßE {word}", f"Gro\u0308ße {word}"):
        assert found(admin, named) == ["a.txt", "c.txt", *held], named
    assert found(guest, first["id"]) == found(guest, first["name"]) == ["a.txt", *held]
    assert found(admin, first["id"], second["name"]) == ["a.txt", "b.txt", "c.txt", *held], "any of them"
    assert found(guest, first["id"], second["name"]) == ["a.txt", "b.txt", *held]
    assert found(admin, first["id"], assetType=2) == ["a.txt", "c.txt", "inside.txt"]
    assert names(admin, word, filters={"collections": second["name"]}, sort="name") == [f"{word} b.txt", f"{word} c.txt"], "one need not be a list"
    for nothing in (empty["id"], empty["name"], "no such " + word, str(uuid.uuid4())):
        assert found(admin, nothing) == found(guest, nothing) == []
    page = search(guest, word, filters={"collections": first["id"]}, facets=["assetType"])
    assert page["totalItemCount"] == 4 and sorted((v["value"], v["count"]) for v in page["facets"]["assetType"]) == [(1, 2), (2, 2)]

    # One in which a reader sees nothing is to them as one that is not there.
    hidden = admin.ok("POST", "/collection", json={"name": f"hidden {word}"})
    admin.ok("POST", f"/collection/{hidden['id']}/item", json={"ids": [files["c.txt"]]})
    assert found(admin, hidden["id"]) == ["c.txt"]
    assert search(guest, word, filters={"collections": hidden["id"]}) == search(guest, word, filters={"collections": str(uuid.uuid4())})

    # The next search knows what went in and out.
    admin.ok("DELETE", f"/collection/{first['id']}/item", json={"ids": [files["a.txt"]]})
    admin.ok("POST", f"/collection/{first['id']}/item", json={"ids": [files["b.txt"]]})
    assert found(admin, first["id"]) == ["b.txt", "c.txt", *held]
    admin.ok("PATCH", f"/collection/{first['id']}", json={"name": f"renamed {word}"})
    assert found(admin, f"renamed {word}") == ["b.txt", "c.txt", *held] and found(admin, first["name"]) == []
    assert admin.delete(f"/collection/{second['id']}").status_code == 204
    assert found(admin, second["id"]) == found(admin, second["name"]) == []


def test_pages_are_stable_under_inserts(admin, place, word):
    made = [admin.folder(place["id"], f"{word} {i}")["displayName"] for i in range(9)]
    for sort in ("relevance", "createdAt", "-createdAt", "name", "-name", "modifiedAt", "-size"):
        seen, token, extra = [], None, 0
        while True:
            page = search(admin, word, sort=sort, pageSize=2, **({"pageToken": token} if token else {}))
            seen += [item["displayName"] for item in page["items"]]
            token = page["nextPageToken"]
            if not token:
                break
            if sort in ("relevance", "createdAt", "-createdAt"):
                extra += 1
                added = admin.folder(place["id"], f"{word} added {sort} {extra}")
                assert admin.delete(f"/admin/asset/{added['id']}").status_code == 204 if extra % 2 else True
        kept = [name for name in seen if "added" not in name]
        assert sorted(kept) == sorted(made) and len(set(seen)) == len(seen), sort
        for item in search(admin, f"{word} added", pageSize=500)["items"]:
            admin.delete(f"/admin/asset/{item['id']}")


def test_facets_add_up(admin, place, word):
    for i in range(10):
        admin.upload(f"{word} {i}.{'mov' if i % 2 else 'txt'}", b"x", parentId=place["id"], tags=["odd"] if i % 2 else ["even", "both"])
    page = search(admin, word, pageSize=1, facets=["mediaType", "contentType", "assetType", "assetStatus", "tags", "createdAt"],
                  filters={"parentId": place["id"]})
    assert page["totalItemCount"] == 10 and len(page["items"]) == 1
    for facet in ("assetType", "assetStatus", "createdAt", "contentType"):
        assert sum(value["count"] for value in page["facets"][facet]) == 10, facet
    assert page["facets"]["tags"] == [{"value": v, "count": 5} for v in ("both", "even", "odd")]
    assert page["facets"]["assetType"] == [{"value": 2, "count": 10}]


def test_bad_requests_name_the_field(admin):
    for body, pointer in (({"sort": "colour"}, "/sort"), ({"pageSize": 0}, "/pageSize"), ({"pageToken": "x"}, "/pageToken"), ({"facets": ["x"]}, "/facets/0"),
                          ({"filters": {"mediaType": "smell"}}, "/filters/mediaType"), ({"filters": {"createdAt": {"from": "yesterday"}}}, "/filters/createdAt/from"),
                          ({"filters": {"parentId": "x"}}, "/filters/parentId"), ({"query": 3}, "/query"), ({"query": "a " * 65 + "b"}, None)):
        answer = admin.post("/search", body)
        if pointer is None:
            assert answer.status_code == 200, "the same word again is one word"
            continue
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == pointer, (body, answer.text)
    assert admin.post("/search", {"query": " ".join(f"w{i}" for i in range(65))}).status_code == 400
    assert admin.get("/search/suggest").status_code == 400


def test_filters_on_custom_fields_are_held_to_their_types(admin, place, word):
    def field(kind, **more):
        name = f"{kind}_{word}"
        return name, admin.ok("POST", "/admin/field", json={"name": name, "type": kind, **more})["id"]

    number, date, boolean, text, choice = (field(kind)[0] if kind != "choice" else field(kind, choices=["Good", "bad"])
                                           for kind in ("number", "date", "boolean", "text", "choice"))
    choice, choice_id = choice
    values = {number: 5, date: "2026-03-01", boolean: True, text: "seven", choice: "Good"}
    kept = admin.folder(place["id"], f"{word} kept")
    admin.ok("PATCH", f"/asset/{kept['id']}", json={"customFields": values})
    for name, wanted in values.items():
        assert names(admin, filters={"customFields": {name: wanted}}) == [kept["displayName"]], name
    for name, wanted in ((number, {"min": 5}), (date, {"from": "2026-01-01", "until": "2026-03-02"}), (choice, ["good"]), (number, [4, 5]), (text, None)):
        assert kept["displayName"] in names(admin, word, filters={"customFields": {name: wanted}}), (name, wanted)
    for name, wanted, below in ((number, "5", ""), (number, [5, "6"], "/1"), (number, {"min": "1"}, "/min"), (date, "soon", ""), (date, 5, ""), (date, "2026-02-30", ""),
                                (date, {"from": "yesterday"}, "/from"), (boolean, "true", ""), (boolean, 1, ""), (boolean, {"min": 1}, "/min"), (text, 5, ""),
                                (choice, "ugly", ""), (choice, ["bad", "ugly"], "/1"), (choice, 3, ""), (choice, True, "")):
        answer = admin.post("/search", {"filters": {"customFields": {name: wanted}}})
        assert answer.status_code == 400, (name, wanted, answer.text)
        assert [f["pointer"] for f in answer.json()["errors"]] == [f"/filters/customFields/{name}{below}"], (name, wanted)
    answer = admin.post("/search", {"pageSize": 0, "filters": {"mediaType": "smell", "customFields": {number: "5", choice: "ugly"}}, "facets": ["x"]})
    assert {f["pointer"] for f in answer.json()["errors"]} == {"/pageSize", "/filters/mediaType", f"/filters/customFields/{number}", f"/filters/customFields/{choice}", "/facets/0"}

    # What is no choice any more can still be looked for, by those who see something that has it.
    admin.ok("PATCH", f"/admin/field/{choice_id}", json={"choices": ["bad"]})
    assert names(admin, filters={"customFields": {choice: "Good"}}) == [kept["displayName"]]
    _, guest = make_user(admin)
    assert guest.post("/search", {"filters": {"customFields": {choice: "Good"}}}).status_code == 400
    assert guest.post("/search", {"filters": {"customFields": {choice: "bad"}}}).status_code == 200


def test_nobody_searches_without_signing_in(server):
    from reelvault_server import Api
    assert Api(server.url).post("/search", {}).status_code == 401
    assert Api(server.url).get("/search/suggest?prefix=a").status_code == 401


def test_the_index_is_rebuilt_beside_a_running_server(own_server):
    import subprocess
    from reelvault_server import program
    admin = own_server.admin()
    root = admin.root()["id"]
    for i in range(5):
        admin.folder(root, f"lighthouse {i}")
    if own_server.database_url:
        own_server.rows("update search_document set terms = ''")
    else:
        own_server.rows("insert into search_index (search_index) values ('delete-all')")
    assert names(admin, "lighthouse") == []  # and is kept in memory so
    done = subprocess.run([program(), "reindex"], env=own_server.environment(), cwd=str(own_server.data_dir.parent), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "rebuilt" in done.stdout, done.stderr
    assert len(names(admin, "lighthouse")) == 5
