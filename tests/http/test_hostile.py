"""A decoder that was taken over (tests/media/hostile.py) in place of ffmpeg, started by the real worker: it tries to open
a socket, to read another asset, the database and the worker's socket, to write outside its folder, to fill memory and
disk, and to run for ever. Each attempt fails and is reported in the job history; the server and other uploads live on.
"""
import json
import pathlib
import shutil
import subprocess
import tempfile

import pytest
import requests
from reelvault_server import Server

HOSTILE = pathlib.Path(__file__).resolve().parents[1] / "media" / "hostile.py"


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "film.avi"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1", "-c:v", "mpeg4", str(path)], check=True)
    return path


class Attack:
    """A server whose worker runs the hostile program as ffmpeg."""

    def __init__(self, attempts, settings=None):
        self.program = pathlib.Path(tempfile.mkdtemp(prefix="reelvault-hostile-")) / "ffmpeg"
        self.attempts = attempts
        self.server = Server("sqlite", settings={"ffmpeg": str(self.program), "worker.memory_bytes": "256MiB", "worker.output_limit_bytes": "16MiB",
                                                 **(settings or {})})

    def __enter__(self):
        data = self.server.data_dir
        shutil.copy(HOSTILE, self.program)
        self.program.chmod(0o755)
        self.server.start()
        self.admin = self.server.admin()
        secret = self.admin.upload("secret.txt", b"nobody else's business")
        self.admin.wait_settled(secret["id"])
        blobs = [str(p) for p in (data / "blobs").rglob("*.blob")]
        assert blobs
        targets = {"attempts": self.attempts, "read": [*blobs, str(data / "reelvault.db"), str(data / "run" / "worker.sock"), "/etc/shadow"],
                   "write": [str(data / "escaped"), "/escaped", "/usr/escaped", blobs[0]], "process": self.server.process.pid}
        with open(self.program, "a", encoding="utf-8") as program:
            program.write("\n# " + json.dumps(targets) + "\n")
        return self

    def __exit__(self, *_):
        self.server.close()
        shutil.rmtree(self.program.parent, ignore_errors=True)

    def reports(self, film):
        """What the job history says of the step that was attacked."""
        asset = self.film = self.admin.upload_file(film)

        def failed():
            jobs = self.admin.ok("GET", f"/admin/asset/{asset['id']}/job-history")["items"]
            return next((j for j in jobs if j["jobType"] in ("thumbnail", "renditions") and j["error"]), None)

        return self.admin.wait(failed, timeout=120)["error"]

    def lives(self):
        assert requests.get(self.server.url + "/readyz").status_code == 200
        assert self.admin.wait_settled(self.admin.upload("other.txt", b"still works")["id"])["assetStatusName"] == "Available"


def test_what_a_decoder_must_not_do_is_refused_and_reported(film):
    attempts = ["socket", "read", "write", "link", "fork", "ptrace", "signal"]
    with Attack(attempts) as attack:
        error = attack.reports(film)
        for attempt in attempts:
            assert f"{attempt}: refused" in error["detail"], error
        assert "SUCCEEDED" not in error["detail"]
        assert error["message"]
        assert not (attack.server.data_dir / "escaped").exists()
        attack.lives()


@pytest.mark.parametrize("attempt, settings, words", [
    ("memory", {}, "memory"),
    ("disk", {}, ""),
    ("spin", {"worker.time_limit_s": "2"}, "time"),
    ("sleep", {"worker.time_limit_s": "2"}, ""),
])
def test_what_takes_too_much_is_ended_and_reported(film, attempt, settings, words):
    with Attack([attempt], settings) as attack:
        error = attack.reports(film)
        assert "SUCCEEDED" not in error["detail"], error
        assert words in (error["code"] + error["message"] + error["detail"]).lower(), error
        assert len(error["message"]) > 15
        film = attack.admin.wait_settled(attack.film["id"], timeout=120)
        assert film["error"], "the asset itself says that something is missing, whatever its status"
        attack.lives()
