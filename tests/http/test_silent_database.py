"""A PostgreSQL that takes connections and bytes and never answers: /readyz says so soon, and once it answers again the
server goes on by itself, whatever was asked meanwhile."""
import os
import threading
import time
import urllib.parse

import pytest
import requests
from link import Link
from reelvault_server import Server

pytestmark = pytest.mark.skipif(not os.environ.get("REELVAULT_TEST_POSTGRES"), reason="REELVAULT_TEST_POSTGRES is not set")


@pytest.fixture
def silenced():
    server = Server("postgres")
    url = urllib.parse.urlsplit(server.database_url)
    link = Link(url.hostname, url.port or 5432)
    server.database_url = url._replace(netloc=f"{url.netloc.rpartition('@')[0]}@127.0.0.1:{link.port}".lstrip("@")).geturl()
    try:
        server.start()
        yield server, link
    finally:
        link.swallows = False
        server.close()
        link.close()


def test_a_database_that_never_answers_is_told_of_soon(silenced):
    server, link = silenced
    admin = server.admin()
    root = admin.root()["id"]
    folder = admin.folder(root, "before")
    link.swallows = True
    # Users go on asking meanwhile, and writing.
    busy = [threading.Thread(target=lambda i=i: admin.session.request("POST" if i % 2 else "GET", f"{server.url}/" + (
        f"admin/asset/{folder['id']}/create-folder" if i % 2 else f"asset/{folder['id']}"), json={"displayName": f"folder {i}"} if i % 2 else None, timeout=400))
        for i in range(12)]
    for thread in busy:
        thread.daemon = True
        thread.start()
    for wait in (0, 0, 3):
        time.sleep(wait)
        began = time.monotonic()
        answer = requests.get(server.url + "/readyz", timeout=30)
        assert answer.status_code == 503 and time.monotonic() - began < 2.5, (answer.text, time.monotonic() - began)
        assert answer.json()["detail"]
        assert requests.get(server.url + "/healthz", timeout=5).ok
    link.swallows = False

    def well():
        return requests.get(server.url + "/readyz", timeout=30).ok
    admin.wait(well, 30)
    # What was on its way then is given up, and neither reads nor writes are lost for good.
    for thread in busy:
        thread.join(200)
        assert not thread.is_alive()
    for number in range(20):
        made = admin.folder(root, f"after {number}")
        assert admin.asset(made["id"])["displayName"] == f"after {number}"
