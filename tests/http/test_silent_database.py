"""A PostgreSQL that takes connections and bytes and never answers: /readyz says so soon, and once it answers again the
server goes on by itself, whatever was asked meanwhile."""
import os
import socket
import threading
import time
import urllib.parse

import pytest
import requests
from reelvault_server import Server

pytestmark = pytest.mark.skipif(not os.environ.get("REELVAULT_TEST_POSTGRES"), reason="REELVAULT_TEST_POSTGRES is not set")


class Proxy:
    """Hands bytes on in both directions; while `swallows`, it takes them and hands on none."""

    def __init__(self, host, port):
        self.target, self.swallows = (host, port), False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            self.sockets += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self.hand_on, args=(source, sink), daemon=True).start()

    def hand_on(self, source, sink):
        try:
            while data := source.recv(65536):
                if not self.swallows:
                    sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    def close(self):
        for end in (self.listener, *self.sockets):
            end.close()


@pytest.fixture
def silenced():
    server = Server("postgres")
    url = urllib.parse.urlsplit(server.database_url)
    proxy = Proxy(url.hostname, url.port or 5432)
    server.database_url = url._replace(netloc=f"{url.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}".lstrip("@")).geturl()
    try:
        server.start()
        yield server, proxy
    finally:
        proxy.swallows = False
        server.close()
        proxy.close()


def test_a_database_that_never_answers_is_told_of_soon(silenced):
    server, proxy = silenced
    admin = server.admin()
    root = admin.root()["id"]
    folder = admin.folder(root, "before")
    proxy.swallows = True
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
    proxy.swallows = False

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
