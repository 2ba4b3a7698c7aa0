"""The first start of an installation: its first user's password is held to what every password is held to."""
import re
import socket
import subprocess

from conftest import DATABASES
from reelvault_server import Api, Server, program

import pytest


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("password", ["short", "1234567"])
def test_a_first_password_that_is_too_short_is_refused_by_the_name_of_its_variable(database, password):
    server = Server(database, settings={"admin.password": password})
    try:
        server.launch()
        assert server.process.wait(60) == 1
        said = server.log()
        assert "REELVAULT_ADMIN_PASSWORD" in said and "must have at least 8 characters" in said and password not in said
        server.settings["admin.password"] = "long enough"
        server.start()
        Api(server.url).login("admin", "long enough")
        # It matters at the first start alone.
        server.stop()
        server.settings["admin.password"] = password
        server.start()
        Api(server.url).login("admin", "long enough")
    finally:
        server.close()


@pytest.mark.parametrize("database", DATABASES)
def test_the_first_password_is_told_whatever_keeps_the_server_from_starting(database):
    server = Server(database)
    environment = server.environment()
    del environment["REELVAULT_ADMIN_PASSWORD"]
    try:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", server.port))
            taken.listen()
            said = subprocess.run([program(), "serve"], env=environment, capture_output=True, text=True, timeout=60, cwd=server.data_dir.parent)
        assert said.returncode == 1 and said.stderr.count("cannot be listened on") == 1, said.stderr
        password = re.search("Sign in as admin with the password (.+)", said.stdout)[1]
        server.start()
        Api(server.url).login("admin", password)
    finally:
        server.close()


def test_faults_of_the_configuration_are_told_once():
    said = subprocess.run([program(), "serve"], env={"PATH": "/usr/bin:/bin", "REELVAULT_FOO": "1"}, capture_output=True, text=True, timeout=60, cwd="/tmp")
    assert said.returncode == 1 and said.stderr.count("REELVAULT_FOO is not a setting") == 1, said.stderr


@pytest.mark.parametrize("database", DATABASES)
def test_the_default_bucket_stays_so_under_another_name(database):
    with Server(database) as server:
        admin = server.admin()
        library = admin.root()
        admin.ok("PATCH", f"/asset/{library['id']}", json={"displayName": "Archive"})
        first = admin.upload("a.txt", b"a")
        assert first["path"] == "/Archive/Uploads/a.txt"
        buckets = lambda: sorted(b["displayName"] for b in server.admin().ok("GET", "/admin/bucket")["items"])
        server.stop()
        server.start()
        assert buckets() == ["Archive"], "none is made for the name that the configuration still gives"
        assert server.admin().upload("b.txt", b"b")["path"] == "/Archive/Uploads/b.txt"
        # Another that takes the name does not take its place.
        admin = server.admin()
        admin.ok("POST", "/admin/bucket", json={"name": "library"})
        assert admin.upload("c.txt", b"c")["bucketName"] == "Archive"
        # The configuration names another: one that is there, then one that is not, then the first again.
        for name, expected in (("Archive", "Archive"), ("news", "news"), ("library", "library")):
            server.stop()
            server.settings["upload.default_bucket"] = name
            server.start()
            made = server.admin().upload("d.txt", b"d", onConflict="rename")
            assert made["bucketName"] == expected and "/Uploads/" in made["path"], "the folder is made where there is none"
        assert buckets() == ["Archive", "library", "news"]


@pytest.mark.parametrize("words, setting, code, reason", [
    (["serf"], {}, 2, "There is no subcommand serf."),
    (["serve", "--prot", "1"], {}, 2, "--prot"),
    (["serve"], {"DATABASE_URL": "mysql://host/name"}, 1, "database.url must begin with postgresql://"),
    (["serve"], {"DATABASE_URL": "postgresql://x:very-secret@127.0.0.1:1/x"}, 1, "The database cannot be reached."),
    (["serve"], {"DATA_DIR": "/proc/none"}, 1, "/proc/none"),
])
def test_what_was_done_wrong_is_named_in_the_first_line(tmp_path, words, setting, code, reason):
    environment = {"PATH": "/usr/bin:/bin", "REELVAULT_DATA_DIR": str(tmp_path), **{"REELVAULT_" + key: value for key, value in setting.items()}}
    said = subprocess.run([program(), *words], env=environment, capture_output=True, text=True, timeout=60, cwd="/tmp")
    assert said.returncode == code and reason in said.stderr.splitlines()[0], said.stderr
    assert "very-secret" not in said.stderr
