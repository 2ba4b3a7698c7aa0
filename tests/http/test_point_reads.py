"""What is kept in memory for quick reads is never what was: each change shows in the next answer, on whatever it bears."""
import concurrent.futures

from test_tree import grant, make_user


def test_every_kind_of_change_shows_at_once(admin, place):
    folder = admin.folder(place["id"], "before")
    asset = admin.upload("a.txt", b"one", parentId=folder["id"])
    url = f"/asset/{asset['id']}"
    admin.wait_done(asset["id"])
    etag = admin.get(url).headers["ETag"]
    assert admin.get(url, headers={"If-None-Match": etag}).status_code == 304
    for number in range(20):
        admin.patch(url, {"displayName": f"{number}.txt"})
        answer = admin.get(url, headers={"If-None-Match": etag})
        assert answer.status_code == 200 and answer.json()["displayName"] == f"{number}.txt"
        etag = answer.headers["ETag"]
        admin.patch(f"/admin/asset/{folder['id']}", {"displayName": f"folder {number}"})
        # The path comes from the folders above, which are rows of their own.
        assert f"/folder {number}/" in admin.get(url).json()["path"]
    admin.delete(f"/admin/asset/{folder['id']}")
    assert admin.get(url).status_code == 404


def test_a_right_that_is_taken_away_ends_reading_at_once(admin, place):
    asset = admin.upload("b.txt", b"two", parentId=place["id"])
    user, reader = make_user(admin)
    for _ in range(10):
        given = grant(admin, user, place, "read")
        assert reader.get(f"/asset/{asset['id']}").status_code == 200
        assert reader.get(asset["downloadUrl"]).content == b"two"
        admin.delete(f"/admin/grant/{given['id']}")
        assert reader.get(f"/asset/{asset['id']}").status_code == 404
        assert reader.get(asset["downloadUrl"]).status_code == 404


def test_writers_read_what_they_wrote_beside_many_readers(admin, place):
    asset = admin.upload("c.txt", b"three", parentId=place["id"])
    url = f"/asset/{asset['id']}"
    stop = []

    def read(_):
        api = type(admin)(admin.url, admin.session.headers["Authorization"].removeprefix("Bearer "))
        while not stop:
            assert api.get(url).status_code == 200

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, number) for number in range(4)]
        try:
            for number in range(100):
                admin.patch(url, {"description": str(number)})
                assert admin.get(url).json()["description"] == str(number)
        finally:
            stop.append(True)
        for reader in readers:
            reader.result()
