"""Webhooks (api.md 20): signed, at least once, in order, through failures, kills and restarts; never to the inside."""
import contextlib
import hashlib
import hmac
import http.server
import json
import threading
import time

import pytest
import requests
from reelvault_server import Server
from conftest import DATABASES
from test_tree import make_user

SECRET = "a secret of the receiver's"
FAST = {"webhook.allowed_networks": "127.0.0.0/8", "webhook.retry_s": "1", "webhook.attempts": "4", "webhook.timeout_s": "2"}


class Receiver:
    """A real HTTP server; `behave` says what it does with a delivery: a status, or a function that gives one."""

    def __init__(self, port=0):
        self.received, self.behave, self.changed = [], 200, threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                behave = receiver.behave
                status = behave(json.loads(body)) if callable(behave) else behave
                with receiver.changed:
                    receiver.received.append((time.time(), dict(self.headers), body, status))
                    receiver.changed.notify_all()
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    if status in (301, 302, 307, 308):
                        self.send_header("Location", receiver.elsewhere)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_):
                pass

        class Threaded(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

        self.server = Threaded(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def taken(self):
        with self.changed:
            return [json.loads(body) for _, _, body, status in self.received if status < 300]

    def wait_for(self, fits, timeout=40):
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                if fits([json.loads(body) for _, _, body, status in self.received if status < 300]):
                    return
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"received {[(json.loads(b)['event'], s) for _, _, b, s in self.received]}")
                self.changed.wait(left)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module", params=DATABASES)
def hooked(request):
    with Server(request.param, settings=FAST) as running:
        yield running


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def hook(hooked, receiver):
    admin = hooked.admin()
    made = admin.ok("POST", "/admin/webhook", json={"url": receiver.url, "secret": SECRET, "events": ["asset"]})
    yield made
    admin.delete(f"/admin/webhook/{made['id']}")


def log(admin, hook, **query):
    return admin.ok("GET", f"/admin/webhook/{hook['id']}/delivery", params=query)["items"]


def test_a_delivery_is_signed_and_says_what_happened(hooked, receiver, hook):
    admin = hooked.admin()
    folder = admin.folder(admin.root()["id"], "told to the hook")
    receiver.wait_for(lambda bodies: [b for b in bodies if b["assetId"] == folder["id"]])
    at, headers, raw, _ = [r for r in receiver.received if json.loads(r[2])["assetId"] == folder["id"]][0]
    body = json.loads(raw)
    assert body["topic"] == "asset" and body["event"] == "asset.create" and body["data"]["displayName"] == "told to the hook"
    assert headers["Content-Type"] == "application/json" and headers["Reelvault-Delivery"] == body["id"]
    assert headers["Reelvault-Event"] == "asset.create" and headers["Reelvault-Webhook"] == hook["id"]
    parts = dict(part.split("=") for part in headers["Reelvault-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), parts["t"].encode() + b"." + raw, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(parts["v1"], expected)
    assert abs(int(parts["t"]) - at) < 5
    line = admin.wait(lambda: [d for d in log(admin, hook) if d["assetId"] == folder["id"] and d["status"] == "Delivered"])[0]
    assert line["statusCode"] == 200 and line["attempts"] == 1 and line["error"] is None and line["id"] == body["id"]
    assert admin.ok("GET", f"/admin/webhook/{hook['id']}/delivery/{line['number']}")["body"] == body


def test_a_webhook_gets_the_events_that_it_asked_for(hooked):
    admin = hooked.admin()
    chosen, single = Receiver(), Receiver()
    hooks = [admin.ok("POST", "/admin/webhook", json={"url": chosen.url, "events": ["upload"]}),
             admin.ok("POST", "/admin/webhook", json={"url": single.url, "events": ["asset.update", "upload.completed"]})]
    asset = admin.upload("hooked.txt", b"hooked", parentId=admin.root()["id"], onConflict="rename")
    admin.wait_settled(asset["id"])
    admin.ok("PATCH", f"/asset/{asset['id']}", json={"description": "x"})
    single.wait_for(lambda bodies: {b["event"] for b in bodies} == {"asset.update", "upload.completed"})
    chosen.wait_for(lambda bodies: {b["event"] for b in bodies} >= {"upload.started", "upload.completed"})
    assert all(b["topic"] == "upload" for b in chosen.taken())
    for each in hooks:
        assert admin.delete(f"/admin/webhook/{each['id']}").status_code == 204
    chosen.close()
    single.close()


def test_events_of_one_asset_come_in_order_through_failures(hooked, receiver, hook):
    admin = hooked.admin()
    root = admin.root()["id"]
    lock, seen = threading.Lock(), {}

    def two_fail_then_one_passes(body):
        with lock:
            seen[body["id"]] = seen.get(body["id"], 0) + 1
            return 200 if seen[body["id"]] >= 2 or body["event"] == "asset.create" else 404

    receiver.behave = two_fail_then_one_passes
    folders = [admin.folder(root, f"ordered {i} {time.time()}") for i in range(3)]
    for step in range(2):
        for folder in folders:
            admin.ok("PATCH", f"/asset/{folder['id']}", json={"description": f"step {step}"})
    receiver.wait_for(lambda bodies: all(sum(1 for b in bodies if b["assetId"] == f["id"]) >= 3 for f in folders))
    for folder in folders:
        positions = [b["position"] for b in receiver.taken() if b["assetId"] == folder["id"]]
        assert positions == sorted(positions) and len(positions) == 3


def test_a_receiver_that_fails_and_times_out_and_comes_back_gets_everything(hooked, receiver, hook):
    admin = hooked.admin()
    root = admin.root()["id"]
    receiver.behave = 503
    first = admin.folder(root, f"while failing {time.time()}")
    admin.wait(lambda: [d for d in log(admin, hook) if d["assetId"] == first["id"] and d["statusCode"] == 503 and d["status"] == "Waiting"])
    receiver.behave = lambda body: time.sleep(4) or 200
    second = admin.folder(root, f"while hanging {time.time()}")
    slow = admin.wait(lambda: [d for d in log(admin, hook) if "in time" in (d["error"] or "")])[0]
    assert slow["status"] == "Waiting" and slow["statusCode"] is None
    receiver.behave = 200
    third = admin.folder(root, f"again {time.time()}")
    for folder in (first, second, third):
        admin.wait(lambda folder=folder: [d for d in log(admin, hook) if d["assetId"] == folder["id"] and d["status"] == "Delivered"])
    for folder in (first, second, third):
        assert [b for b in receiver.taken() if b["assetId"] == folder["id"]]
    failed = [d for d in log(admin, hook) if d["assetId"] == first["id"]][0]
    assert failed["attempts"] >= 2 and failed["attemptLog"][0]["statusCode"] == 503 and failed["attemptLog"][-1]["error"] is None


def test_a_delivery_is_given_up_after_its_attempts_and_can_be_sent_again(hooked, receiver, hook):
    admin = hooked.admin()
    receiver.behave = 400
    folder = admin.folder(admin.root()["id"], f"poison {time.time()}")
    dead = admin.wait(lambda: [d for d in log(admin, hook, status="Dead") if d["assetId"] == folder["id"]])[0]
    assert dead["attempts"] == 4 and dead["statusCode"] == 400 and dead["endedAt"] and len(dead["attemptLog"]) == 4
    times = [at for at, _, body, _ in receiver.received if json.loads(body)["id"] == dead["id"]]
    assert len(times) == 4 and times[2] - times[1] > 0.9 and times[3] - times[2] > 1.9, "each pause is longer"
    receiver.behave = 200
    armed = admin.request("POST", f"/admin/webhook/{hook['id']}/delivery/{dead['number']}/retry")
    assert armed.status_code == 202 and armed.json()["status"] == "Waiting"
    receiver.wait_for(lambda bodies: [b for b in bodies if b["id"] == dead["id"]])
    admin.wait(lambda: [d for d in log(admin, hook) if d["number"] == dead["number"] and d["status"] == "Delivered" and d["attempts"] == 1])


def test_replays_send_what_is_kept_again(hooked, receiver, hook):
    admin = hooked.admin()
    root = admin.root()["id"]
    made = [admin.folder(root, f"replayed {i} {time.time()}")["id"] for i in range(3)]
    receiver.wait_for(lambda bodies: {b["assetId"] for b in bodies} >= set(made))
    before = min(b["position"] for b in receiver.taken() if b["assetId"] == made[0]) - 1
    assert admin.post(f"/admin/webhook/{hook['id']}/replay", {}).status_code == 400
    answer = admin.post(f"/admin/webhook/{hook['id']}/replay", {"afterPosition": before})
    assert answer.status_code == 202 and answer.json()["queuedCount"] >= 3 and answer.json()["complete"] is True
    receiver.wait_for(lambda bodies: all(sum(1 for b in bodies if b["assetId"] == m) >= 2 for m in made))
    ids = [b["id"] for b in receiver.taken() if b["assetId"] == made[0]]
    assert len(set(ids)) == 1, "a repetition has the id of the first"
    receiver.behave = 400
    doomed = [admin.folder(root, f"doomed {i} {time.time()}")["id"] for i in range(2)]
    admin.wait(lambda: {d["assetId"] for d in log(admin, hook, status="Dead")} >= set(doomed))
    receiver.behave = 200
    answer = admin.ok("POST", f"/admin/webhook/{hook['id']}/replay", json={"deadOnly": True})
    assert answer["queuedCount"] >= 2
    receiver.wait_for(lambda bodies: {b["assetId"] for b in bodies} >= set(doomed))


@pytest.mark.parametrize("database", DATABASES)
def test_nothing_is_lost_when_the_server_is_killed(database, receiver):
    with Server(database, settings=FAST) as server:
        admin = server.admin()
        root = admin.root()["id"]
        hook = admin.ok("POST", "/admin/webhook", json={"url": receiver.url, "secret": SECRET, "events": ["asset"]})
        receiver.behave = lambda body: time.sleep(0.02) or 200
        made = []
        for round_ in range(3):
            receiver.behave = 503 if round_ == 1 else (lambda body: time.sleep(0.02) or 200)
            for i in range(25):
                folder = server.admin() if i == 0 else admin
                admin = folder
                made.append(admin.folder(root, f"killed {round_} {i}")["id"])
                admin.ok("PATCH", f"/asset/{made[-1]}", json={"description": "x"})
            server.kill()
            server.start()
        receiver.behave = 200
        receiver.wait_for(lambda bodies: all({b["event"] for b in bodies if b["assetId"] == m} >= {"asset.create", "asset.update"} for m in made), 90)
        for asset in made:
            first = {}
            for index, body in enumerate(b for b in receiver.taken() if b["assetId"] == asset):
                first.setdefault(body["event"], index)
            assert first["asset.create"] < first["asset.update"], "the first time each came, in order"
        admin = server.admin()
        admin.wait(lambda: log(admin, hook, status="Waiting") == [])
        assert log(admin, hook, status="Dead") == []
        total = admin.ok("GET", f"/admin/webhook/{hook['id']}/delivery", params={"status": "Delivered"})["totalItemCount"]
        assert total == len({b["id"] for b in receiver.taken()}), "each event is one delivery, however often it was sent"


def test_a_test_tells_what_came_of_it(hooked, receiver, hook):
    admin = hooked.admin()
    answer = admin.ok("POST", f"/admin/webhook/{hook['id']}/test")
    assert answer["delivered"] is True and answer["statusCode"] == 200
    assert receiver.taken()[-1]["event"] == "test"
    receiver.behave = 500
    answer = admin.ok("POST", f"/admin/webhook/{hook['id']}/test")
    assert answer["delivered"] is False and answer["statusCode"] == 500 and answer["error"]
    assert [d["event"] for d in log(admin, hook, status="Dead")] == ["test"]


def test_a_disabled_webhook_hears_nothing_and_then_what_comes_after(hooked, receiver, hook):
    admin = hooked.admin()
    root = admin.root()["id"]
    admin.ok("PATCH", f"/admin/webhook/{hook['id']}", json={"enabled": False})
    silent = admin.folder(root, f"silent {time.time()}")["id"]
    assert admin.post(f"/admin/webhook/{hook['id']}/replay", {"afterPosition": 0}).status_code == 409
    time.sleep(0.5)
    admin.ok("PATCH", f"/admin/webhook/{hook['id']}", json={"enabled": True})
    heard = admin.folder(root, f"heard {time.time()}")["id"]
    receiver.wait_for(lambda bodies: [b for b in bodies if b["assetId"] == heard])
    assert silent not in {b["assetId"] for b in receiver.taken()}


def test_redirects_are_not_followed(hooked, receiver, hook):
    admin = hooked.admin()
    inside = Receiver()
    receiver.elsewhere = inside.url
    for status in (301, 302, 307, 308):
        receiver.behave = status
        answer = admin.ok("POST", f"/admin/webhook/{hook['id']}/test")
        assert answer["delivered"] is False and "redirects" in answer["error"]
    assert inside.received == []
    inside.close()


def test_nothing_goes_to_an_address_inside_unless_it_is_configured(admin, receiver):
    """The server of the other tests allows no network."""
    for url in (receiver.url, f"http://[::ffff:127.0.0.1]:{receiver.port}/", "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/",
                "http://[::1]/", "http://[fd00::1]/", "http://192.168.1.1:8080/"):
        answer = admin.post("/admin/webhook", {"url": url})
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == "/url", url
    for url in (f"http://localhost:{receiver.port}/", f"http://2130706433:{receiver.port}/", f"http://0x7f.0.0.1:{receiver.port}/",
                f"http://127.1:{receiver.port}/", f"http://0:{receiver.port}/"):
        answer = admin.post("/admin/webhook", {"url": url, "events": ["asset"]})
        if answer.status_code == 400:
            continue
        made = answer.json()
        result = admin.ok("POST", f"/admin/webhook/{made['id']}/test")
        assert result["delivered"] is False and "inside the network" in result["error"], (url, result)
        admin.delete(f"/admin/webhook/{made['id']}")
    assert receiver.received == []


def test_webhooks_are_managed_by_administrators_and_keep_their_secret(hooked, receiver, server):
    admin = hooked.admin()
    _, editor = make_user(admin, "editor")
    made = admin.post("/admin/webhook", {"url": receiver.url, "secret": SECRET, "description": "mine", "events": []})
    assert made.status_code == 201 and made.json()["secret"] is None and made.headers["Location"].endswith(made.json()["id"])
    path = "/admin/webhook/" + made.json()["id"]
    for method, at in (("GET", "/admin/webhook"), ("POST", "/admin/webhook"), ("GET", path), ("PATCH", path), ("DELETE", path), ("GET", path + "/delivery"),
                       ("POST", path + "/test"), ("POST", path + "/replay"), ("POST", path + "/delivery/1/retry")):
        assert requests.request(method, hooked.url + at).status_code == 401
        assert editor.request(method, at, json={}).status_code == 403
    drawn = admin.ok("POST", "/admin/webhook", json={"url": receiver.url})
    assert len(drawn["secret"]) >= 40, "made here, and shown this once"
    listed = admin.get("/admin/webhook").text + admin.get(path).text + admin.get("/admin/audit", params={"kind": "account"}).text
    assert SECRET not in listed and drawn["secret"] not in listed
    got = admin.get(path)
    assert got.json()["description"] == "mine" and got.json()["events"] == []
    changed = admin.patch(path, {"events": ["job"], "description": None, "secret": "another long secret"}, headers={"If-Match": got.headers["ETag"]})
    assert changed.status_code == 200 and changed.json()["events"] == ["job"] and changed.json()["description"] is None
    assert "another long secret" not in changed.text
    assert admin.patch(path, {"events": []}, headers={"If-Match": got.headers["ETag"]}).status_code == 412
    for body, pointer in (({"url": "ftp://x"}, "/url"), ({"url": "https://user:pw@example.com"}, "/url"), ({"url": receiver.url, "secret": "short"}, "/secret"),
                          ({"url": receiver.url, "events": ["Bad Event"]}, "/events/0"), ({"url": receiver.url, "events": ["asset", "bogus"]}, "/events/1"), ({}, "/url")):
        answer = admin.post("/admin/webhook", body)
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == pointer, answer.text
    assert admin.post(path + "/delivery/99999/retry").status_code == 404
    assert admin.post(path + "/delivery/x/retry").status_code == 400
    operations = {item["operation"] for item in admin.ok("GET", "/admin/audit", params={"kind": "account"})["items"]}
    assert operations >= {"create-webhook", "update-webhook"}
    for each in (made.json()["id"], drawn["id"]):
        assert admin.delete("/admin/webhook/" + each).status_code == 204
    assert admin.get(path).status_code == 404 and admin.delete(path).status_code == 404
