"""Reelvault as the benchmarks use it: the tests' Server, an upload through parts, and what its processes cost."""
import json
import os
import pathlib
import sys
import time

import processes
from client import Connection, in_parallel

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "support"))
from reelvault_server import Server  # noqa: E402

CONNECTIONS = 4


class Reelvault(Server):
    """A release build with data in a folder beside nginx's, so that both write to one file system."""

    def __init__(self, folder, **settings):
        super().__init__(settings={"auth.access_token_s": "86400", "log.level": "warning", **settings}, data_dir=folder)
        self.api = None

    def __enter__(self):
        self.start()
        self.api = self.admin()
        return self

    @property
    def authorization(self):
        return {"Authorization": self.api.session.headers["Authorization"]}

    def cpu(self):
        """Of the server itself; what its workers do goes on after the answer."""
        return processes.cpu([self.process.pid])

    def workers(self):
        return [pid for pid in processes.tree(self.process.pid) if pid != self.process.pid]

    def upload(self, name, source, size, part_size=None):
        """PUT, confirm and complete through as many connections; `source` is read again and again up to `size`. Parts
        are as long as the server proposes, unless it is said. Gives the asset and the seconds that completing took."""
        upload = self.api.start_upload(name, size, **({"chunkSize": part_size} if part_size else {}))
        length = os.fstat(source).st_size
        json_header = {**self.authorization, "Content-Type": "application/json"}
        connections = [Connection(self.port) for _ in range(CONNECTIONS)]

        def send(number, part):
            target = part["uploadUrl"].removeprefix(self.url)
            status, answer = connections[number].put_file(target, source, part["offset"] % length, part["length"])
            if status != 200:
                raise RuntimeError(f"PUT of part {part['partNumber']}: {status}")
            body = json.dumps({"etag": answer["etag"]}).encode()
            status, _, text = connections[number].request("POST", f"/asset/upload/part/{part['id']}/complete", json_header, body)
            if status != 200:
                raise RuntimeError(f"confirming part {part['partNumber']}: {status} {text}")
        in_parallel(CONNECTIONS, send, upload["parts"])
        before = time.perf_counter()
        status, _, text = connections[0].request("POST", f"/asset/upload/{upload['id']}/complete", json_header, b"{}")
        completing = time.perf_counter() - before
        if status != 200:
            raise RuntimeError(f"complete: {status} {text}")
        for connection in connections:
            connection.close()
        return json.loads(text), completing

    def settle(self, asset):
        """Until its jobs have ended, so that they are not measured with what comes next."""
        return self.api.wait_done(asset["id"], timeout=600)

    def signed(self, asset_id, url):
        """A signed address's path and query."""
        return self.api.ok("GET", f"/asset/{asset_id}/resolve-full-url", params={"url": url})["url"].removeprefix(self.url)

    def stream(self, asset):
        """Path of the rendition's folder, and the header with the streaming cookies of a player."""
        detail = self.api.ok("GET", f"/asset/{asset['id']}/detail")
        related = next(r for r in detail["relatedAssets"] if r["relationshipType"] == "stream")
        answer = self.api.ok("GET", f"/asset/{asset['id']}/set-cookies/{related['id']}")
        return answer["path"], {"Cookie": "; ".join(f"{k}={v}" for k, v in answer["cookies"].items())}
