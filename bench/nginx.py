"""nginx, the peer: started on a free port with bench/nginx.conf.in and a folder of its own."""
import base64
import hashlib
import os
import pathlib
import socket
import subprocess
import time

import processes

SECRET = "of this run"


class Nginx:
    def __init__(self, folder, constant_size=0):
        self.folder = pathlib.Path(folder)
        self.files = self.folder / "files"
        for name in ("files/put", "files/secure", "body"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        values = {"user": "user root;" if os.geteuid() == 0 else "", "root": str(self.folder), "port": str(self.port),
                  "secret": SECRET, "constant": "x" * constant_size}
        text = (pathlib.Path(__file__).parent / "nginx.conf.in").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        (self.folder / "nginx.conf").write_text(text)
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"),
                                         "-e", str(self.folder / "error.log")], stdin=subprocess.DEVNULL,
                                        start_new_session=True)  # as Reelvault: where sessions share the cores, an equal share
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("nginx did not start:\n" + (self.folder / "error.log").read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def cpu(self):
        return processes.cpu(processes.tree(self.process.pid))

    def secure_path(self, name):
        """The path of files/secure/NAME with the signature that secure_link checks."""
        path, expires = f"/secure/{name}", int(time.time()) + 86400
        digest = hashlib.md5(f"{expires}{path} {SECRET}".encode()).digest()
        return f"{path}?md5={base64.urlsafe_b64encode(digest).decode().rstrip('=')}&expires={expires}"
