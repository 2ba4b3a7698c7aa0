"""A disk that fills up: nothing that was answered is lost, what does not fit says so, and what fits goes on."""
import contextlib
import os
import pathlib
import subprocess
import tempfile

import pytest
import requests
from conftest import DATABASES
from reelvault_server import Server, noise

MIB = 1 << 20


class Disk:
    """A file system of its own in memory, with the server's data on it."""

    def __init__(self, size):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="reelvault-disk-"))
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "reelvault-test", str(self.root)], capture_output=True, text=True)
        if made.returncode != 0:
            self.root.rmdir()
            pytest.skip("no file system can be mounted here: " + made.stderr.strip())
        self.filler = self.root / "somebody else's"

    def free(self):
        found = os.statvfs(self.root)
        return found.f_bavail * found.f_frsize

    def fill(self, leave):
        """All but so many bytes are taken by somebody else."""
        with open(self.filler, "wb") as file:
            while self.free() > leave:
                with contextlib.suppress(OSError):  # the server took some of it at this moment
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, self.free() - leave)

    def empty(self):
        self.filler.unlink()

    def close(self):
        subprocess.run(["umount", "-l", str(self.root)], check=True)
        self.root.rmdir()


@pytest.fixture
def disk():
    made = Disk(400 * MIB)
    yield made
    made.close()


@pytest.fixture(params=DATABASES)
def server(request, disk):
    (disk.root / "data").mkdir()
    running = Server(request.param, data_dir=disk.root / "data")
    running.log_path = pathlib.Path(tempfile.mkstemp(suffix=".log")[1])
    with running:
        yield running
    running.log_path.unlink(missing_ok=True)


def test_uploads_that_do_not_fit_say_so_and_others_go_on(server, disk):
    admin = server.admin()
    other = admin.upload("other.bin", noise(MIB))
    begun = admin.start_upload("begun.bin", 20 * MIB)
    content = noise(20 * MIB)
    refused = admin.post("/asset/upload/start", {"fileName": "large.bin", "fileSize": 600 * MIB})
    assert refused.status_code == 507 and refused.json()["type"] == "no-space"
    disk.fill(0)  # the database has room of its own set aside
    for size in (5 * MIB, 10):
        refused = admin.post("/asset/upload/start", {"fileName": f"{size}.bin", "fileSize": size})
        assert refused.status_code == 507, "what is kept free is for the database"
    for part in begun["parts"]:
        admin.send_part(part, content[part["offset"]:part["offset"] + part["length"]])
    asset = admin.ok("POST", f"/asset/upload/{begun['id']}/complete", json={})
    assert admin.get(asset["downloadUrl"]).content == content
    assert admin.patch(f"/asset/{asset['id']}", {"description": "still written"}).status_code == 200
    # Deleting is writing too, and what makes room again.
    batch = admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [other["id"]]})
    assert batch["status"] == "Succeeded" and admin.get(f"/asset/{other['id']}").status_code == 404
    server.kill()
    server.start()
    admin = server.admin()
    assert admin.get(asset["downloadUrl"]).content == content
    disk.empty()
    assert admin.upload("small.bin", b"fits again")["size"] == 10


def test_a_film_that_does_not_fit_leaves_room_for_others(server, disk, tmp_path):
    admin = server.admin()
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=8,noise=alls=40:allf=t", "-c:v", "libx264", "-preset", "ultrafast",
                    "-g", "50", "-pix_fmt", "yuv420p", "-b:v", "12M", tmp_path / "film.mp4"], check=True)
    film = (tmp_path / "film.mp4").read_bytes()
    assert len(film) > 6 * MIB
    disk.fill(len(film) + 8 * MIB)
    asset = admin.upload("film.mp4", film)
    seen, least = 0, disk.free()

    def settled():
        nonlocal seen, least
        seen, least = seen + 1, min(least, disk.free())
        # The database lies on the same disk, and is never without room while the film takes all that there is.
        assert admin.patch(f"/asset/{asset['id']}", {"description": str(seen)}).status_code == 200
        found = admin.asset(asset["id"])
        return found if found["assetStatusName"] != "Creating" else None
    found = admin.wait(settled, timeout=180)
    assert least > MIB, "of the 4 that are kept"
    assert found["error"] == "The disk of the worker is full." and found["streamUrl"] is None
    failed = [job for job in admin.ok("GET", f"/admin/asset/{asset['id']}/job-history")["items"] if job["status"] == "Failed"]
    assert failed and {job["error"]["code"] for job in failed} == {"no-space"}
    assert admin.get(asset["downloadUrl"]).content == film
    disk.empty()
    admin.ok("POST", f"/admin/asset/{asset['id']}/reprocess", json={})
    found = admin.wait(lambda: (lambda now: now if now["assetStatusName"] == "Available" and now["streamUrl"] else None)(admin.asset(asset["id"])), timeout=180)
    assert found["error"] is None
    stream = requests.get(server.url + found["streamUrl"], headers={"Authorization": admin.session.headers["Authorization"]})
    assert stream.status_code == 200 and "#EXTM3U" in stream.text


def test_a_disk_without_a_byte_is_read_and_nothing_is_lost(server, disk):
    admin = server.admin()
    asset = admin.upload("kept.bin", noise(MIB))
    admin.wait_done(asset["id"])
    disk.fill(0)
    root, refused, made = admin.root()["id"], None, []
    for number in range(20 if server.database_url else 5000):
        answer = admin.post(f"/admin/asset/{root}/create-folder", {"displayName": f"folder {number}", "tags": [f"{number} {tag} " + "x" * 190 for tag in range(100)]})
        if answer.status_code != 201:
            refused = answer
            break
        made.append(answer.json()["id"])
    if not server.database_url:  # PostgreSQL's data lies elsewhere
        assert refused is not None and refused.status_code == 507 and refused.json()["type"] == "no-space"
    assert len(admin.asset(made[-1])["tags"]) == 100
    assert len(admin.get(asset["downloadUrl"]).content) == MIB
    assert admin.ok("POST", "/search", json={"query": "kept"})["items"]
    server.kill()
    disk.empty()
    server.start()
    admin = server.admin()
    for folder in made:
        assert len(admin.asset(folder)["tags"]) == 100
    assert admin.patch(f"/asset/{asset['id']}", {"description": "after"}).status_code == 200
