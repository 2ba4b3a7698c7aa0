"""Who has a lot processed does not hold up who has little: the film that one uploads is not behind the archive that was
registered before it (src/jobs/backlog.hpp)."""
import subprocess

import pytest
from conftest import DATABASES
from reelvault_server import Server

MANY = 400


@pytest.mark.parametrize("database", DATABASES)
def test_an_upload_is_looked_at_before_what_waits_of_a_large_import(database, tmp_path):
    film = tmp_path / "film.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x48:d=1", str(film)], check=True)
    with Server(database) as server:
        admin = server.admin()
        admin.ok("POST", "/admin/bucket", json={"name": "stock", "prefix": "stock"})
        root = server.data_dir / "blobs" / "stock"
        root.mkdir()
        for i in range(MANY):
            (root / f"{i}.txt").write_text(f"number {i}")
        admin.ok("POST", "/admin/asset/register-many", json={"bucketName": "stock", "objectKeys": [f"{i}.txt" for i in range(MANY)]})
        asset = admin.wait_settled(admin.upload("film.mp4", film.read_bytes(), parentId=admin.root()["id"])["id"])
        assert asset["assetStatusName"] == "Available" and asset["thumbnailUrl"]
        waiting = server.rows("select count(*) from job where status = 0 and type in ('probe', 'checksum')")
        assert int(waiting[0][0]) > 0, "all of the import came first"
