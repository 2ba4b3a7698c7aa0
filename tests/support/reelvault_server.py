"""Starts the real program for black-box tests, and speaks to it as a client would.

Server: one `reelvault serve` on a free loopback port with a data folder of its own, on SQLite or on a database of its
own in the PostgreSQL at REELVAULT_TEST_POSTGRES. Api: a signed-in session. Both raise with the server's own words.
"""
import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import uuid

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"


def program():
    named = os.environ.get("REELVAULT_PROGRAM")
    if named:
        return named
    for preset in ("release", "dev"):
        path = ROOT / "build" / preset / "bin" / "reelvault"
        if path.exists():
            return str(path)
    raise RuntimeError("build the program first: ./dev build reelvault")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def postgres_database():
    """A fresh database; gives its URL."""
    base = os.environ["REELVAULT_TEST_POSTGRES"]
    name = "t" + uuid.uuid4().hex
    subprocess.run(["psql", base, "-qc", f"create database {name}"], check=True)
    return base.rsplit("/", 1)[0] + "/" + name


def drop_database(url):
    base, name = url.rsplit("/", 1)
    subprocess.run(["psql", os.environ["REELVAULT_TEST_POSTGRES"], "-qc", f"drop database {name} with (force)"], check=False)


class Server:
    def __init__(self, database="sqlite", settings=None, data_dir=None):
        self.data_dir = pathlib.Path(data_dir or tempfile.mkdtemp(prefix="reelvault-test-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.database_url = postgres_database() if database == "postgres" else ""
        self.log_path = self.data_dir.parent / (self.data_dir.name + ".log")
        self.arguments = []  # before the subcommand
        # The quickest encoding: what else becomes of a film is the same.
        self.settings = {"worker.count": "1", "log.level": "info", "encoding.preset": "ultrafast", **(settings or {})}

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("REELVAULT_") or k in ("REELVAULT_FFMPEG",)}
        env["REELVAULT_HTTP_PORT"] = str(self.port)
        env["REELVAULT_DATA_DIR"] = str(self.data_dir)
        env["REELVAULT_ADMIN_PASSWORD"] = PASSWORD
        if self.database_url:
            env["REELVAULT_DATABASE_URL"] = self.database_url
        for key, value in self.settings.items():
            env["REELVAULT_" + key.upper().replace(".", "_")] = str(value)
        return env

    def launch(self, wrapper=(), extra_env=None):
        """Starts the program without waiting for anything."""
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen([*wrapper, program(), *self.arguments, "serve"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                        env={**self.environment(), **(extra_env or {})}, start_new_session=True, cwd=str(self.data_dir.parent))
        log.close()

    def start(self, wrapper=(), extra_env=None):
        """Starts the program, and returns when it answers."""
        self.launch(wrapper, extra_env)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            with contextlib.suppress(requests.RequestException):
                if requests.get(self.url + "/readyz", timeout=2).ok:
                    return self
            time.sleep(0.05)
        raise RuntimeError("the server did not answer:\n" + self.log()[-4000:])

    def kill(self):
        """kill -9, workers included."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait()
        self.process = None

    def stop(self, timeout=60):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(timeout)
            self.process = None
            return code
        self.process = None
        return None

    def close(self):
        try:
            self.stop(20)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.database_url:
            drop_database(self.database_url)
        if not os.environ.get("REELVAULT_KEEP"):
            shutil.rmtree(self.data_dir, ignore_errors=True)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.log_path)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def rows(self, sql):
        """What the database itself says, each row a list of texts, None for NULL. Beside a running server, too."""
        if not self.database_url:
            with contextlib.closing(sqlite3.connect(self.data_dir / "reelvault.db", timeout=30)) as database:
                rows = [[None if value is None else str(value) for value in row] for row in database.execute(sql)]
                database.commit()
                return rows
        words = ["psql", self.database_url, "-X", "-q", "-A", "-t", "-F", "\x1f", "-R", "\x1e", "-P", "null=\x1d", "-c", sql]
        text = subprocess.run(words, check=True, capture_output=True, text=True).stdout.removesuffix("\n").removesuffix("\x1e")
        return [[None if value == "\x1d" else value for value in row.split("\x1f")] for row in text.split("\x1e") if text]

    def admin(self):
        return Api(self.url).login("admin", PASSWORD)


class Api:
    """A session of one user. Methods give the response; `.ok(...)` variants raise unless it succeeded."""

    def __init__(self, url, token=None):
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        if token:
            self.session.headers["Authorization"] = "Bearer " + token

    def login(self, username, password):
        answer = self.session.post(self.url + "/account/login", json={"username": username, "password": password}, timeout=30)
        if answer.status_code != 200:
            raise AssertionError(f"login: {answer.status_code} {answer.text}")
        self.session.headers["Authorization"] = "Bearer " + answer.json()["accessToken"]
        self.refresh_token = answer.json()["refreshToken"]
        return self

    def request(self, method, path, **kwargs):
        kwargs.setdefault("timeout", 60)
        kwargs.setdefault("allow_redirects", False)
        return self.session.request(method, path if path.startswith("http") else self.url + path, **kwargs)

    def get(self, path, **kwargs):
        return self.request("GET", path, **kwargs)

    def post(self, path, json=None, **kwargs):
        return self.request("POST", path, json={} if json is None else json, **kwargs)

    def patch(self, path, json, **kwargs):
        return self.request("PATCH", path, json=json, **kwargs)

    def delete(self, path, **kwargs):
        return self.request("DELETE", path, **kwargs)

    def ok(self, method, path, **kwargs):
        answer = self.request(method, path, **kwargs)
        if answer.status_code >= 300:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def root(self):
        return self.ok("GET", "/asset/roots")["items"][0]

    def folder(self, parent, name):
        return self.ok("POST", f"/admin/asset/{parent}/create-folder", json={"displayName": name})

    def start_upload(self, name, size, **more):
        return self.ok("POST", "/asset/upload/start", json={"fileName": name, "fileSize": size, **more})

    def put_part(self, part, content, **kwargs):
        return requests.put(part["uploadUrl"], data=content, timeout=120, **kwargs)

    def send_part(self, part, content):
        answer = self.put_part(part, content)
        if answer.status_code != 200:
            raise AssertionError(f"PUT part: {answer.status_code} {answer.text}")
        return self.ok("POST", f"/asset/upload/part/{part['id']}/complete", json={"etag": answer.headers["ETag"]})

    def upload(self, name, content, **more):
        """The whole path; gives the asset."""
        upload = self.start_upload(name, len(content), **more)
        for part in upload["parts"]:
            self.send_part(part, content[part["offset"]:part["offset"] + part["length"]])
        return self.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})

    def upload_file(self, path, name=None, **more):
        return self.upload(name or pathlib.Path(path).name, pathlib.Path(path).read_bytes(), **more)

    def asset(self, asset_id):
        return self.ok("GET", f"/asset/{asset_id}")

    @staticmethod
    def wait(find, timeout=60):
        """What `find` gives, as soon as it is true."""
        deadline = time.monotonic() + timeout
        while True:
            found = find()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError("it did not come about within the time")
            time.sleep(0.05)

    def wait_settled(self, asset_id, timeout=180):
        """Until the asset is neither Creating nor in any other passing status."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            asset = self.asset(asset_id)
            if asset["assetStatusName"] in ("Available", "Error", "Restored", "Archived"):
                return asset
            time.sleep(0.1)
        history = self.get(f"/admin/asset/{asset_id}/job-history").text
        raise AssertionError(f"still {asset['assetStatusName']} after {timeout} s; jobs: {history}")

    def wait_done(self, asset_id, timeout=180):
        """Settled, and no job of it left: steps that nobody waits for (checksums, say) go on under Available, and what
        they find shows in the asset and so changes its ETag."""
        self.wait_settled(asset_id, timeout)
        self.wait(lambda: all(job["endedAt"] for job in self.ok("GET", f"/admin/asset/{asset_id}/job-history")["items"]), timeout)
        return self.asset(asset_id)


def noise(size, chance=os.urandom):
    """Random bytes that nobody takes for media: one random file in two thousand begins as an MP3 does."""
    return (b"noise " + chance(size))[:size]


def sha256(data):
    return hashlib.sha256(data).hexdigest()
