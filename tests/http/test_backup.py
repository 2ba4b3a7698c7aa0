"""A backup by the letter of docs/operations.md, while the server works, and what comes of it in an empty folder."""
import hashlib
import os
import re
import shutil
import subprocess
import threading
import time

import pytest
from reelvault_server import Api, Server, noise, postgres_database

DATABASES = ["sqlite"] + (["postgres"] if os.environ.get("REELVAULT_TEST_POSTGRES") else [])
MIB = 1 << 20


def plays(api, asset):
    """Whether the original, the pictures and every file of the stream are there, whole."""
    original = api.get(asset["downloadUrl"])
    assert original.status_code == 200 and asset["checksum"] == "sha256:" + hashlib.sha256(original.content).hexdigest()
    assert api.get(asset["thumbnailUrl"]).status_code == 200
    base, master = asset["streamUrl"].rpartition("/")[0], api.get(asset["streamUrl"])
    assert master.status_code == 200
    files = 0
    for playlist in re.findall(r'^[^#\s].*\.m3u8$', master.text, re.M):
        listed = api.get(f"{base}/{playlist}")
        assert listed.status_code == 200
        for name in set(re.findall(r'URI="([^"]+)"', listed.text) + re.findall(r"^[^#\s].*$", listed.text, re.M)):
            got = api.get(f"{base}/{name}")
            assert got.status_code == 200 and got.content, f"{name}: {got.status_code} {got.text[:200]}"
            files += 1
    assert files > 0


@pytest.fixture(params=DATABASES)
def pair(request):
    """The server that is backed up, and one with an empty folder (and database)."""
    server, restored = Server(request.param, {"jobs.lease_s": "3"}), Server("sqlite", {"jobs.lease_s": "3"})
    yield server, restored
    server.close()
    restored.close()


def test_a_backup_taken_while_it_works_plays_in_an_empty_folder(pair, tmp_path):
    server, restored = pair
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=3", "-f", "lavfi", "-i", "sine=d=3", "-c:v", "libx264",
                    "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", tmp_path / "film.mp4"], check=True)
    film = (tmp_path / "film.mp4").read_bytes()
    admin = server.start().admin()
    done = admin.wait_done(admin.upload("done.mp4", film)["id"])
    plays(admin, done)
    begun = admin.start_upload("begun.bin", 20 * MIB)
    content = noise(20 * MIB)
    first = begun["parts"][0]
    admin.send_part(first, content[:first["length"]])
    admin.upload("in the works.mp4", film + b"2")
    stop = threading.Event()

    def work():
        own, number = Api(server.url, admin.session.headers["Authorization"].removeprefix("Bearer ")), 0
        while not stop.is_set():
            number += 1
            own.upload(f"{number}.bin", noise(MIB))
            time.sleep(0.05)
    worker = threading.Thread(target=work)
    worker.start()
    backup = tmp_path / "backup"
    backup.mkdir()
    if server.database_url:
        subprocess.run(["pg_dump", "-f", backup / "dump.sql", server.database_url], check=True)
    else:
        subprocess.run(["sqlite3", server.data_dir / "reelvault.db", f".backup {backup / 'reelvault.db'}"], check=True)
    time.sleep(1)
    shutil.copytree(server.data_dir / "blobs", backup / "blobs", copy_function=shutil.copyfile)
    stop.set()
    worker.join()
    server.stop()

    shutil.copytree(backup / "blobs", restored.data_dir / "blobs", copy_function=shutil.copyfile)
    if server.database_url:
        restored.database_url = postgres_database()
        subprocess.run(["psql", restored.database_url, "-qX", "-v", "ON_ERROR_STOP=1", "-f", backup / "dump.sql"], check=True, capture_output=True)
    else:
        shutil.copyfile(backup / "reelvault.db", restored.data_dir / "reelvault.db")
    admin = restored.start().admin()
    plays(admin, admin.asset(done["id"]))
    uploads = admin.ok("GET", f"/asset/upload/{begun['id']}")
    assert [part["isCompleted"] for part in uploads["parts"]] == [True, False, False]
    for part in uploads["parts"][1:]:
        admin.send_part(part, content[part["offset"]:part["offset"] + part["length"]])
    asset = admin.ok("POST", f"/asset/upload/{begun['id']}/complete", json={})
    assert admin.get(asset["downloadUrl"]).content == content
    in_the_works = next(a for a in admin.ok("GET", f"/asset/{done['parentId']}/children?pageSize=500")["items"] if a["displayName"] == "in the works.mp4")
    plays(admin, admin.wait_done(in_the_works["id"]))

    # What was stored after the database was copied has no row: the sweep takes it, and nothing else.
    restored.stop()
    restored.settings["storage.sweep_grace_s"] = "2"
    admin = restored.start().admin()

    def stored():
        return {p.relative_to(restored.data_dir / "blobs").as_posix() for p in (restored.data_dir / "blobs").rglob("*") if p.is_file() and not p.name.startswith(".")}
    admin.wait(lambda: stored() == {row[0] for row in restored.rows("select object_key from blob")}, 60)
    plays(admin, admin.asset(done["id"]))
