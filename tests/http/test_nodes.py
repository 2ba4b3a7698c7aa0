"""Two servers on one PostgreSQL: what one has answered for, the other knows at the next request."""
import concurrent.futures
import os
import time

import pytest
from reelvault_server import PASSWORD, Api, Server, noise
from test_s3 import configured, fresh_bucket

pytestmark = pytest.mark.skipif(not os.environ.get("REELVAULT_TEST_POSTGRES"), reason="REELVAULT_TEST_POSTGRES is not set")


@pytest.fixture(scope="module")
def nodes():
    yield from two_nodes([])


@pytest.fixture(scope="module")
def nodes_on_s3(tmp_path_factory):
    endpoint, bucket = fresh_bucket()
    yield from two_nodes(["--config", str(configured(tmp_path_factory.mktemp("nodes"), endpoint, bucket, "local"))])


def two_nodes(arguments):
    """Two nodes with a data folder each; the administrator's session, made at the first, at both."""
    first = Server("postgres")
    first.arguments = arguments
    with first:
        second = Server("sqlite")
        second.arguments = arguments
        second.database_url = first.database_url
        try:
            second.start()
            session = first.admin()
            other = Api(second.url)
            other.session.headers.update(session.session.headers)
            yield session, other
        finally:
            second.database_url = ""  # the first takes the database away
            second.close()


@pytest.mark.parametrize("turn", range(5))
def test_a_folder_is_known_to_the_other_node_at_once(nodes, turn):
    here, there = nodes if turn % 2 == 0 else reversed(nodes)
    top = here.folder(here.root()["id"], f"top {time.time()}")["id"]
    inner = here.folder(here.folder(top, "middle")["id"], "inner")["id"]
    seen = there.asset(inner)
    assert seen["path"].endswith("/middle/inner")
    assert [a["displayName"] for a in there.ok("GET", f"/asset/{inner}/parent-folders")["items"]][-1] == "middle"


@pytest.mark.parametrize("turn", range(3))
def test_work_goes_on_at_the_other_node(nodes, turn):
    here, there = nodes
    root = here.root()["id"]

    def fresh(name):
        return here.folder(root, f"{name} {time.time()}")["id"]

    into = fresh("into")
    assert there.folder(into, "below")["parentId"] == into
    assert there.upload("a.txt", b"words", parentId=fresh("uploaded"))["size"] == 5
    target = fresh("tagged")
    batch = there.ok("POST", "/admin/asset/AddTag", json={"targetIds": [target], "actionArguments": {"tags": ["quay"]}})
    assert batch["status"] == "Succeeded", batch
    moved, to = fresh("moved"), fresh("to")
    batch = there.ok("POST", "/admin/asset/Move", json={"targetIds": [moved], "actionArguments": {"parentId": to}})
    assert batch["status"] == "Succeeded", batch
    assert there.asset(moved)["parentId"] == to
    empty = there.ok("POST", "/search", json={"query": "", "filters": {"parentId": fresh("searched")}})
    assert empty["items"] == []


@pytest.mark.parametrize("turn", range(3))
def test_a_user_and_their_grant_are_known_at_once_and_what_is_taken_soon(nodes, turn):
    here, there = nodes
    folder = here.folder(here.root()["id"], f"granted {time.time()}")["id"]
    name = f"u{time.time_ns()}"
    user = here.ok("POST", "/admin/user", json={"username": name, "password": PASSWORD, "role": "editor"})
    theirs = Api(here.url).login(name, PASSWORD)
    theirs.url = there.url
    assert theirs.get(f"/asset/{folder}").status_code == 404  # signed in, sees nothing
    grant = here.ok("POST", "/admin/grant", json={"userId": user["id"], "assetId": folder, "permission": "read"})
    assert theirs.get(f"/asset/{folder}").status_code == 200
    assert theirs.post(f"/admin/asset/{folder}/create-folder", {"displayName": "x"}).status_code == 403
    here.ok("DELETE", f"/admin/grant/{grant['id']}")
    deadline = time.monotonic() + 30
    while theirs.get(f"/asset/{folder}").status_code != 404:
        assert time.monotonic() < deadline, "a grant that was taken away goes on at the other node"
        time.sleep(0.05)


@pytest.mark.parametrize("turn", range(6))
def test_an_upload_is_completed_or_cancelled_whichever_node_is_asked(nodes_on_s3, turn):
    here, there = nodes_on_s3
    content = noise(1000)
    upload = here.start_upload(f"either {turn}.bin", len(content))
    there.send_part(upload["parts"][0], content)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        cancelling = pool.submit(here.post, f"/asset/upload/{upload['id']}/cancel")
        time.sleep(0.01 * turn)
        completing = pool.submit(there.post, f"/asset/upload/{upload['id']}/complete")
    completed, cancelled = completing.result(), cancelling.result()
    assert (completed.status_code, cancelled.status_code) in ((200, 409), (409, 204)), completed.text + cancelled.text
    asset = here.get(f"/asset/{upload['assetId']}")
    if completed.status_code == 200:
        assert there.get(asset.json()["downloadUrl"]).content == content
    else:
        assert completed.json()["type"] == "upload-cancelled"
        assert asset.status_code == 404


@pytest.mark.parametrize("turn", range(6))
def test_a_part_that_both_nodes_are_told_of_at_once_is_confirmed_by_both(nodes_on_s3, turn):
    here, there = nodes_on_s3
    content = noise(1000)
    upload = here.start_upload(f"both {turn}.bin", len(content))
    part = upload["parts"][0]
    etag = here.put_part(part, content).headers["ETag"]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        told = [pool.submit(node.post, f"/asset/upload/part/{part['id']}/complete", {"etag": etag}) for node in (here, there)]
    assert [answer.result().status_code for answer in told] == [200, 200], [answer.result().text for answer in told]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        completing = [pool.submit(node.post, f"/asset/upload/{upload['id']}/complete") for node in (here, there)]
    assert [answer.result().status_code for answer in completing] == [200, 200], [a.result().text for a in completing]
    assert len({answer.result().json()["id"] for answer in completing}) == 1
