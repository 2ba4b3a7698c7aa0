"""Clients that upload as people do, whatever happens to the server, and that note what they were promised.

A client asks a server that came back where it stands, and goes on from there. Whatever the server answered with
success is a promise; `Ledger` holds them, and what was found broken (`violations`).
"""
import base64
import concurrent.futures
import dataclasses
import functools
import hashlib
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import requests
import urllib3

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from reelvault_server import PASSWORD, Api  # noqa: E402

MIB = 1 << 20
CHUNK = 5 * MIB
# Arbitrary bytes are taken for sound or film now and then, and are in Error then.
LETTERS = bytes(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n"[byte % 64] for byte in range(256))
SIZES = [0, 1, 1000, 65536, MIB + 7, 3 * MIB, CHUNK, CHUNK + 1, 7 * MIB, 11 * MIB + 13]


@functools.cache
def media():
    """Small real files by name."""
    film = ["-f", "lavfi", "-i", "testsrc=size=128x96:rate=10:duration=0.5"]
    tone = ["-f", "lavfi", "-i", "sine=duration=0.5"]
    recipes = {
        "film.mp4": [*film, *tone, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"],
        "silent.mkv": [*film, "-c:v", "mpeg4"],
        "tone.wav": tone,
        "still.png": [*film[:3], "testsrc=size=80x60", "-frames:v", "1"],
        "still.jpg": [*film[:3], "testsrc=size=301x200", "-frames:v", "1"],
    }
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, words in recipes.items():
            path = pathlib.Path(folder) / name
            subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", *words, path], check=True)
            made[name] = path.read_bytes()
    made["broken.mp4"] = made["film.mp4"][: len(made["film.mp4"]) // 2]
    made["words.txt"] = "Words, und ein paar Zeichen: é אב\n".encode() * 50
    return made


class Away(Exception):
    """The server is not there, or not for now; the same again later."""


class Broken(Exception):
    """Something that must not be."""


class Sent:
    """Equal to the bytes that were sent, and small: a thousand kills see more of them than memory holds."""

    def __init__(self, content):
        self.size, self.digest = len(content), hashlib.sha256(content).digest()

    def __len__(self):
        return self.size

    def __eq__(self, other):
        return len(other) == self.size and (other if isinstance(other, Sent) else Sent(other)).digest == self.digest


@dataclasses.dataclass
class Asset:
    """What a file of the tree must be in the end."""

    name: str
    id: str | None = None
    versions: list = dataclasses.field(default_factory=list)  # of Sent, in the order of their completions
    placeholder: bool = False
    tags: list = dataclasses.field(default_factory=list)
    description: str | None = None
    gone: bool = False
    may_fail: bool = False  # its content is broken
    refused: set = dataclasses.field(default_factory=set)  # versions whose declared checksum is wrong
    related: dict = dataclasses.field(default_factory=dict)  # address: Sent


@dataclasses.dataclass
class Upload:
    asset: Asset
    file_name: str
    content: bytes
    body: dict  # of the request that starts it
    route: str = "/asset/upload/start"
    key: str | None = None  # Idempotency-Key of the request that starts it
    id: str | None = None
    tried_to_start: bool = False
    tried_to_complete: bool = False
    tried_to_cancel: bool = False
    confirmed: dict = dataclasses.field(default_factory=dict)  # part number: etag
    ends: str = "complete"  # or "cancel", "abandon"
    stop_after: int = 10**9  # parts, before it is cancelled or abandoned
    state: str = "new"  # "open", "complete", "cancelled", "abandoned", "refused"


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.assets: list[Asset] = []
        self.uploads: list[Upload] = []
        self.folders: dict[str, str] = {}  # id: name
        self.accounts: list[str] = []
        self.violations: list[str] = []
        self.notes = {"uploads interrupted": 0, "downloads compared": 0}

    def violation(self, text):
        with self.lock:
            self.violations.append(text)

    def note(self, what):
        with self.lock:
            self.notes[what] += 1


class Client(threading.Thread):
    """One user of the API, with work drawn from a seed. Ends when told to, after what it has begun."""

    def __init__(self, url, ledger, seed, stop, pause=0.3, accounts=False):
        super().__init__(name=f"client {seed}", daemon=True)
        self.url = url
        self.ledger = ledger
        self.seed = seed
        self.chance = random.Random(seed)
        self.stop = stop
        self.pause = pause
        self.accounts = accounts
        self.api = None
        self.signed_in = 0.0
        self.place = None
        self.own: list[Asset] = []
        self.number = 0
        self.sent = 0

    def run(self):
        try:
            self.place = self.insist(self.make_folder, f"client {self.seed}")
            while not self.stop.is_set():
                self.number += 1
                self.something()
                time.sleep(self.chance.uniform(0, 2 * self.pause))
        except Broken as found:
            self.ledger.violation(f"{self.name}: {found}")
        except Exception as found:  # noqa: BLE001 - a thread's end must not go unseen
            self.ledger.violation(f"{self.name}: {type(found).__name__} {found}")

    # ---- talking ----

    def insist(self, step, *arguments):
        """Until the server has answered, over as many of its lives as it takes."""
        deadline = time.monotonic() + 240
        interrupted = False
        while True:
            try:
                return step(*arguments)
            except Away as away:
                if time.monotonic() > deadline:
                    raise Broken(f"{step.__name__} was not possible for minutes: {away}") from away
                if step == self.drive and not interrupted:
                    self.ledger.note("uploads interrupted")
                interrupted = True
                time.sleep(self.chance.uniform(0.02, 0.1))

    def call(self, method, path, expect=(200, 201, 202, 204), **more):
        """The answer; Away when there is none. Another status than expected is Broken."""
        try:
            if self.api is None or time.monotonic() - self.signed_in > 600:
                api = Api(self.url)
                login = api.post("/account/login", {"username": "admin", "password": PASSWORD}, timeout=30)
                if login.status_code == 503:
                    raise Away("login: 503")
                if login.status_code != 200:
                    raise Broken(f"login: {login.status_code} {login.text}")
                api.session.headers["Authorization"] = "Bearer " + login.json()["accessToken"]
                self.api, self.signed_in = api, time.monotonic()
            answer = self.api.request(method, path, **more)
        except requests.RequestException as gone:
            raise Away(f"{method} {path}: {gone}") from gone
        if answer.status_code in (429, 503):
            raise Away(f"{method} {path}: {answer.status_code}")
        # What requests does not look at: a body that broke off.
        if len(answer.content) < int(answer.headers.get("Content-Length", 0)):
            raise Away(f"{method} {path}: {len(answer.content)} bytes came")
        if answer.status_code not in expect:
            raise Broken(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    def put(self, part, content, half=False):
        """The ETag, or None when the server wants to be asked anew. With `half` the connection breaks on the way."""

        def blocks():
            yield content[: len(content) // 2]
            raise ConnectionError("the client pulled the plug")

        headers = {}
        if self.chance.random() < 0.3:
            headers["Content-MD5"] = base64.b64encode(hashlib.md5(content).digest()).decode()
        try:
            answer = requests.put(part["uploadUrl"], data=blocks() if half else content, headers=headers, timeout=60)
        except (requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError) as gone:
            if half:
                return None
            raise Away(f"PUT: {gone}") from gone
        if answer.status_code in (429, 503):
            raise Away(f"PUT: {answer.status_code}")
        if answer.status_code == 409:
            return None
        if answer.status_code != 200:
            raise Broken(f"PUT: {answer.status_code} {answer.text}")
        return answer.headers["ETag"]

    # ---- work ----

    def something(self):
        kinds = {
            self.upload_bytes: 6,
            self.upload_media: 3,
            self.fill_placeholder: 1,
            self.replace: 2,
            self.relate: 2,
            self.begin_and_leave: 2,
            self.declare_checksum: 2,
            self.make_folder_here: 1,
            self.describe: 2,
            self.download: 3,
        }
        if self.accounts:
            kinds[self.make_account] = 1
        self.chance.choices(list(kinds), list(kinds.values()))[0]()

    def new_name(self, end):
        return f"{self.seed} {self.number} {end}"

    def random_bytes(self, size):
        return random.Random(f"{self.seed} {self.number} {self.sent}").randbytes(size).translate(LETTERS)

    def new_asset(self, name):
        asset = Asset(name)
        with self.ledger.lock:
            self.ledger.assets.append(asset)
        return asset

    def upload_bytes(self, **body):
        content = self.random_bytes(self.chance.choice(SIZES))
        return self.send(self.new_asset(self.new_name("data.bin")), content, body)

    def upload_media(self):
        name, content = self.chance.choice(sorted(media().items()))
        asset = self.new_asset(self.new_name(name))
        asset.may_fail = name == "broken.mp4"
        self.send(asset, content, {})

    def declare_checksum(self):
        content = self.random_bytes(self.chance.choice(SIZES[:7]))
        right = self.chance.random() < 0.75
        asset = self.new_asset(self.new_name("checked.bin"))
        if right and self.chance.random() < 0.3:
            checksum = f"crc32:{zlib.crc32(content):08x}"
        else:
            checksum = "sha256:" + (hashlib.sha256(content).hexdigest() if right else "0" * 64)
        self.send(asset, content, {"checksum": checksum})

    def begin_and_leave(self):
        content = self.random_bytes(self.chance.choice(SIZES))
        ends = self.chance.choice(["cancel", "cancel", "abandon"])
        parts = max(1, -(-len(content) // CHUNK))
        asset = self.new_asset(self.new_name("given up.bin"))
        self.send(asset, content, {}, ends=ends, stop_after=self.chance.randint(0, parts))

    def fill_placeholder(self):
        asset = self.new_asset(self.new_name("to come"))
        asset.placeholder = True
        asset.tags = [f"tag {self.seed}", "Wanted"]
        self.insist(self.make_placeholder, asset)
        for _ in range(2):
            ends = self.chance.choice(["cancel", "complete"])
            self.send(asset, self.random_bytes(self.chance.choice(SIZES)), {"replacesAssetId": asset.id}, ends=ends)
            if ends == "complete":
                break

    def replace(self):
        ready = [asset for asset in self.own if asset.versions and not asset.may_fail and not asset.gone]
        if not ready:
            return self.upload_bytes()
        asset = self.chance.choice(ready)
        content = self.random_bytes(self.chance.choice(SIZES))
        body = {"replacesAssetId": asset.id}
        if asset.name.endswith(".bin") and self.chance.random() < 0.5:
            body = {"onConflict": "replace", "displayName": asset.name}
        if self.chance.random() < 0.4:
            right = self.chance.random() < 0.7
            body["checksum"] = "md5:" + (hashlib.md5(content).hexdigest() if right else "f" * 32)
        ends = self.chance.choice(["complete", "complete", "cancel"])
        return self.send(asset, content, body, ends=ends)

    def relate(self):
        ready = [asset for asset in self.own if asset.versions and not asset.gone]
        if not ready:
            return self.upload_media()
        asset = self.chance.choice(ready)
        content = self.random_bytes(self.chance.choice(SIZES[:6]))
        body = {"parentAssetId": asset.id, "relationshipType": "document"}
        ends = self.chance.choice(["complete", "complete", "cancel"])
        return self.send(asset, content, body, route="/asset/upload/start-related-asset", ends=ends)

    def make_folder_here(self):
        self.insist(self.make_folder, self.new_name("folder"))

    def describe(self):
        ready = [asset for asset in self.own if asset.id is not None and not asset.gone]
        if ready:
            self.insist(self.patch, self.chance.choice(ready), f"described by step {self.number} of {self.seed}")

    def download(self):
        """What is served while the server dies and comes back is a whole version, or breaks off."""
        ready = [asset for asset in self.own if asset.versions and not asset.may_fail and not asset.gone]
        if not ready:
            return
        asset = self.chance.choice(ready)
        contents = list(asset.versions)
        try:
            url = self.call("GET", f"/asset/{asset.id}").json()["downloadUrl"]
            if url is None:  # its checksum is still being compared
                return
            got = self.call("GET", url).content
        except Away:
            return
        if got not in contents:
            raise Broken(f"{asset.name}: {len(got)} bytes that are none of its {len(contents)} versions")
        self.ledger.note("downloads compared")

    def make_account(self):
        name = f"user-{self.seed}-{self.number}".replace(" ", "-")
        self.insist(self.add_account, name)

    # ---- steps, each of which may be repeated ----

    def make_folder(self, name):
        parent = self.place or self.call("GET", "/asset/roots").json()["items"][0]["id"]
        answer = self.call("POST", f"/admin/asset/{parent}/create-folder", (201, 409), json={"displayName": name})
        # A conflict is our own folder, of which we did not hear.
        folder = answer.json()["id"] if answer.status_code == 201 else answer.json()["assetId"]
        with self.ledger.lock:
            self.ledger.folders[folder] = name
        return folder

    def make_placeholder(self, asset):
        body = {"displayName": asset.name, "tags": asset.tags}
        answer = self.call("POST", f"/admin/asset/{self.place}/create-placeholder", (201, 409), json=body)
        asset.id = answer.json()["id"] if answer.status_code == 201 else answer.json()["assetId"]
        self.own.append(asset)

    def patch(self, asset, description):
        # Until it is answered either may stand.
        former, asset.description = asset.description, None
        answer = self.call("PATCH", f"/asset/{asset.id}", (200, 409), json={"description": description})
        asset.description = description if answer.status_code == 200 else former

    def add_account(self, name):
        body = {"username": name, "password": PASSWORD, "role": "viewer"}
        self.call("POST", "/admin/user", (201, 409), json=body)
        with self.ledger.lock:
            self.ledger.accounts.append(name)

    def send(self, asset, content, body, route="/asset/upload/start", ends="complete", stop_after=None):
        self.sent += 1
        file_name = asset.name
        if route != "/asset/upload/start" or "replacesAssetId" in body or "onConflict" in body:
            file_name = f"{asset.name} {self.sent}"
        request = {"fileName": file_name, "fileSize": len(content), "chunkSize": CHUNK, **body}
        if asset.id is None or "onConflict" in body:
            request["parentId"] = self.place
        key = f"start-{self.seed}-{self.sent}" if self.chance.random() < 0.4 else None
        upload = Upload(asset, file_name, content, request, route, key, ends=ends)
        if stop_after is not None:
            upload.stop_after = stop_after
        elif ends != "complete":
            upload.stop_after = self.chance.randint(0, 3)
        with self.ledger.lock:
            self.ledger.uploads.append(upload)
        tries = 0
        while upload.state in ("new", "open"):
            if tries > 200:
                raise Broken(f"{upload.file_name} does not come to an end")
            tries += 1
            self.insist(self.drive, upload)
        upload.content = b""
        if asset.id is not None and not asset.gone and asset not in self.own:
            self.own.append(asset)
        return upload

    def drive(self, upload):
        """From wherever it stands as far as it goes. Away ends it; so does a part that wants to be sent again."""
        known = self.standing(upload)
        if known is None:
            return
        to_send = [part for part in known["parts"][: upload.stop_after] if not part["isCompleted"]]
        with concurrent.futures.ThreadPoolExecutor(self.chance.choice([1, 1, 3])) as senders:
            if not all(senders.map(lambda part: self.send_part(upload, part), to_send)):
                return
        if upload.ends == "complete":
            self.complete(upload)
        elif upload.ends == "cancel":
            upload.tried_to_cancel = True
            self.call("POST", f"/asset/upload/{upload.id}/cancel")
            self.cancelled(upload)
        else:
            upload.state = "abandoned"

    def send_part(self, upload, part):
        """False: the server wants to be asked anew."""
        number = part["partNumber"]
        if number in upload.confirmed:
            raise Broken(f"part {number} of {upload.file_name} was confirmed and is not known any more")
        content = upload.content[part["offset"] : part["offset"] + part["length"]]
        if self.chance.random() < 0.1 and len(content) > 1000:
            self.put(part, content, half=True)
        etag = self.put(part, content)
        if etag and self.chance.random() < 0.1:
            etag = self.put(part, content)  # before it is confirmed it may come again
        if not etag or not self.confirm(part, etag):
            return False
        upload.confirmed[number] = etag
        return True

    def standing(self, upload):
        """The upload as the server has it; None when it has come to its end."""
        if upload.id is None and upload.tried_to_start and not upload.key:
            self.find_open(upload)
        if upload.id is None:
            return self.begin(upload)
        known = self.call("GET", f"/asset/upload/{upload.id}").json()
        if known["status"] == "Open":
            return known
        if known["status"] == "Complete" and upload.tried_to_complete:
            self.complete(upload)
        elif known["status"] == "Cancelled" and upload.tried_to_cancel:
            self.cancelled(upload)
        else:
            raise Broken(f"{upload.file_name} is {known['status']} by itself")
        return None

    def begin(self, upload):
        upload.tried_to_start = True
        headers = {"Idempotency-Key": upload.key} if upload.key else {}
        answer = self.call("POST", upload.route, (201, 409), json=upload.body, headers=headers)
        if answer.status_code == 201:
            upload.id = answer.json()["id"]
            self.started(upload, answer.json()["assetId"])
            return answer.json()
        kind = answer.json()["type"].rsplit("/", 1)[-1]
        if kind == "asset-status":  # it cannot be replaced just now
            upload.state = "refused"
        elif kind in ("idempotency-answer-lost", "idempotency-running"):
            # The upload was made by the request whose answer we did not get.
            if not self.find_open(upload):
                raise Away(kind)
        else:
            raise Broken(f"starting {upload.file_name}: {answer.text}")
        return None

    def find_open(self, upload):
        open_ones = self.call("GET", "/asset/upload?pageSize=500").json()["items"]
        mine = [one for one in open_ones if one["fileName"] == upload.file_name]
        if len(mine) > 1:
            raise Broken(f"{upload.file_name} was started once and is open {len(mine)} times")
        if mine:
            upload.id = mine[0]["id"]
            self.started(upload, mine[0]["assetId"])
        return bool(mine)

    def started(self, upload, asset_id):
        if upload.asset.id not in (None, asset_id):
            raise Broken(f"{upload.file_name}: started for {upload.asset.id}, is of {asset_id}")
        upload.asset.id = asset_id
        upload.state = "open"

    def confirm(self, part, etag):
        given = etag if self.chance.random() < 0.5 else etag.strip('"')
        answer = self.call("POST", f"/asset/upload/part/{part['id']}/complete", (200, 409), json={"etag": given})
        if answer.status_code == 409 and not answer.json()["type"].endswith(("part-lost", "part-mismatch")):
            raise Broken(f"confirming: {answer.text}")
        return answer.status_code == 200

    def complete(self, upload):
        upload.tried_to_complete = True
        answer = self.call("POST", f"/asset/upload/{upload.id}/complete").json()
        asset = upload.asset
        if upload.route.endswith("related-asset"):
            with self.ledger.lock:
                asset.related[answer["url"]] = Sent(upload.content)
        else:
            if answer["id"] != asset.id:
                raise Broken(f"completing {upload.file_name} gave another asset")
            with self.ledger.lock:
                asset.versions.append(Sent(upload.content))
                if upload.body.get("checksum", "").endswith(("0" * 32, "f" * 32)):
                    asset.refused.add(len(asset.versions))
        upload.state = "complete"

    def cancelled(self, upload):
        upload.state = "cancelled"
        asset = upload.asset
        if not asset.versions and not asset.placeholder:
            asset.gone = True
