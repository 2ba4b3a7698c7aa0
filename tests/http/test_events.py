"""GET /events (api.md 20): nothing lost, nothing twice, in order, and nothing that the caller may not see."""
import contextlib
import json
import threading
import time

import requests
from reelvault_server import Api
from test_tree import grant, make_user


class Listener:
    """An event stream read on a thread of its own."""

    def __init__(self, api, last=None):
        self.api, self.last, self.events, self.failure = api, last, [], None
        self.changed = threading.Condition()
        self.closed = False
        self.connect()

    def connect(self):
        headers = {"Last-Event-ID": str(self.last)} if self.last is not None else {}
        self.answer = self.api.session.get(self.api.url + "/events", stream=True, timeout=60, headers=headers)
        assert self.answer.status_code == 200, self.answer.text
        self.thread = threading.Thread(target=self.read, args=(self.answer,), daemon=True)
        self.thread.start()

    def read(self, answer):
        number, name, data = None, None, None
        with contextlib.suppress(Exception):  # the connection was cut, by us or by the server
            for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
                if line.startswith("id:"):
                    number = int(line[3:])
                elif line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data = json.loads(line[5:])
                elif not line:
                    with self.changed:
                        if number is not None:
                            self.last = number
                        if data is not None:
                            self.events.append((number, name, data))
                            self.changed.notify_all()
                    number, name, data = None, None, None

    def cut(self):
        with contextlib.suppress(Exception):
            self.answer.raw._fp.fp.raw._sock.shutdown(2)
        self.thread.join(10)
        self.answer.close()

    def wait_for(self, fits, timeout=30):
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                found = [event for event in self.events if fits(event[1], event[2])]
                if found:
                    return found[0]
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"did not hear of it; heard {[(n, d.get('change'), d.get('displayName')) for _, n, d in self.events[-20:]]}")
                self.changed.wait(left)

    def of(self, name):
        with self.changed:
            return [data for _, event, data in self.events if event == name]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cut()


def everything_after(server, position):
    column = "position" if server.database_url else "id"
    return [int(row[0]) for row in server.rows(f"select {column} from outbox where {column} > {position} order by {column}")]


def test_a_client_that_reconnects_in_a_burst_loses_nothing_and_sees_nothing_twice(server, admin, place):
    with Listener(admin) as listener:
        admin.folder(place["id"], "first")
        began = listener.wait_for(lambda name, data: data.get("displayName") == "first")[0]

        def burst(number):
            api = server.admin()
            for i in range(150):
                api.folder(place["id"], f"burst {number} {i}")

        makers = [threading.Thread(target=burst, args=(n,)) for n in range(4)]
        for maker in makers:
            maker.start()
        cuts = 0
        while any(maker.is_alive() for maker in makers):
            time.sleep(0.15)
            listener.cut()
            listener.connect()
            cuts += 1
        admin.folder(place["id"], "last")
        ended = listener.wait_for(lambda name, data: data.get("displayName") == "last", 60)[0]
        assert cuts >= 2
        got = [number for number, _, _ in listener.events if began < number <= ended]
        assert got == [p for p in everything_after(server, began) if p <= ended], "each once, in order"
        assert sum(1 for data in listener.of("asset") if data.get("displayName", "").startswith("burst")) == 600


def test_a_client_resumes_after_the_server_was_killed(own_server):
    admin = own_server.admin()
    root = admin.root()["id"]
    listener = Listener(admin)
    admin.folder(root, "before")
    listener.wait_for(lambda name, data: data.get("displayName") == "before")
    listener.cut()
    missed = [admin.folder(root, f"missed {i}")["id"] for i in range(5)]
    own_server.kill()
    own_server.start()
    with Listener(own_server.admin(), listener.last) as again:
        after = own_server.admin().folder(root, "after")["id"]
        again.wait_for(lambda name, data: data.get("id") == after)
        heard = [data["id"] for data in again.of("asset") if data["change"] == "create"]
        assert heard == [*missed, after]
        assert not [name for _, name, _ in again.events if name == "reset"]


def test_a_cursor_that_is_not_kept_any_more_is_told_to_read_again(own_server):
    admin = own_server.admin()
    root = admin.root()["id"]
    for i in range(10):
        admin.folder(root, f"old {i}")
    column = "position" if own_server.database_url else "id"
    admin.wait(lambda: own_server.rows(f"select count({column}) from outbox")[0][0] == own_server.rows("select count(*) from outbox")[0][0])
    newest = int(own_server.rows(f"select max({column}) from outbox")[0][0])
    own_server.rows(f"delete from outbox where {column} <= {newest - 2}")
    with Listener(admin, newest - 5) as listener:
        number, name, _ = listener.wait_for(lambda name, data: True)
        assert name == "reset" and number == newest - 2
        listener.wait_for(lambda name, data: data.get("displayName") == "old 9")
        assert [number for number, _, _ in listener.events] == [newest - 2, newest - 1, newest]
    with Listener(admin, newest + 1000) as listener:  # a cursor of another database
        assert listener.wait_for(lambda name, data: True)[:2] == (newest, "reset")
        made = admin.folder(root, "new")["id"]
        listener.wait_for(lambda name, data: data.get("id") == made)


def test_nobody_hears_of_what_they_may_not_see(server, admin, place):
    user, reader = make_user(admin)
    _, stranger = make_user(admin)
    shown = admin.folder(place["id"], "shown")
    hidden = admin.folder(place["id"], "hidden")
    grant(admin, user, shown, "read")
    with Listener(reader) as readers, Listener(stranger) as strangers, Listener(admin) as admins:
        secret = admin.upload("secret.txt", b"secret", parentId=hidden["id"])
        seen = admin.upload("seen.txt", b"seen", parentId=shown["id"])
        admin.wait_settled(secret["id"])
        admin.wait_settled(seen["id"])
        admin.ok("PATCH", f"/asset/{secret['id']}", json={"displayName": "secret renamed.txt"})
        assert admin.delete(f"/admin/asset/{secret['id']}").status_code == 204
        assert admin.delete(f"/admin/asset/{seen['id']}").status_code == 204
        marker = admin.folder(shown["id"], "marker")
        gone = readers.wait_for(lambda name, data: data.get("id") == seen["id"] and data.get("change") == "trash")[2]
        assert gone["parentId"] == shown["id"], "whoever saw it hears that it is gone"
        readers.wait_for(lambda name, data: data.get("id") == marker["id"])
        admins.wait_for(lambda name, data: data.get("id") == marker["id"])
        text = json.dumps(readers.events)
        assert secret["id"] not in text and "secret" not in text and hidden["id"] not in text
        assert not readers.of("upload"), "another's upload"
        assert readers.of("job"), "of an asset that may be read"
        assert strangers.events == []
        assert secret["id"] in json.dumps(admins.events)
        first = readers.events[0][0]
    # What is replayed is judged by what may be seen now.
    with Listener(stranger, first - 1) as strangers, Listener(reader, first - 1) as readers:
        readers.wait_for(lambda name, data: data.get("id") == marker["id"])
        after = admin.folder(shown["id"], "after")
        readers.wait_for(lambda name, data: data.get("id") == after["id"])
        assert strangers.events == []
        assert "secret" not in json.dumps(readers.events)


def test_what_moves_out_of_sight_is_told_to_have_left(admin, place):
    user, reader = make_user(admin)
    shown, hidden = admin.folder(place["id"], "shown"), admin.folder(place["id"], "hidden away")
    grant(admin, user, shown, "read")
    moved = admin.folder(shown["id"], "moved")
    with Listener(reader) as readers:
        admin.ok("POST", f"/admin/asset/{moved['id']}/move", json={"parentId": hidden["id"]})
        left = readers.wait_for(lambda name, data: data.get("id") == moved["id"] and data["change"] == "left")[2]
        assert left["parentId"] == shown["id"]
        admin.ok("PATCH", f"/asset/{moved['id']}", json={"displayName": "renamed out of sight"})
        marker = admin.folder(shown["id"], "marker")
        readers.wait_for(lambda name, data: data.get("id") == marker["id"])
        assert hidden["id"] not in json.dumps(readers.events) and "out of sight" not in json.dumps(readers.events)


def test_an_upload_is_told_to_its_user(server, admin, place):
    user, writer = make_user(admin, "editor")
    _, other = make_user(admin, "editor")
    grant(admin, user, place, "write")
    size = 5 << 20
    with Listener(writer) as writers, Listener(other) as others, Listener(admin) as admins:
        upload = writer.start_upload("told.bin", 20 * size, parentId=place["id"], chunkSize=size)
        for part in upload["parts"]:
            writer.send_part(part, bytes(part["length"]))
        writer.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
        dropped = writer.start_upload("dropped.bin", 10, parentId=place["id"])
        writer.ok("POST", f"/asset/upload/{dropped['id']}/cancel", json={})

        def told(listener, upload_id):
            return [data for data in listener.of("upload") if data["id"] == upload_id]

        for listener in (writers, admins):
            listener.wait_for(lambda name, data: name == "upload" and data["id"] == dropped["id"] and data["change"] == "cancelled")
            mine = told(listener, upload["id"])
            changes = [data["change"] for data in mine]
            assert changes[0] == "started" and changes[-1] == "completed" and set(changes[1:-1]) == {"progress"}
            assert [data["change"] for data in told(listener, dropped["id"])] == ["started", "cancelled"]
            progress = [data["confirmedBytes"] for data in mine if data["change"] == "progress"]
            assert progress == sorted(progress) and progress[0] == size and progress[-1] <= 20 * size
            assert len(progress) < 20, "parts that follow one another quickly are told together"
            assert mine[0]["fileName"] == "told.bin" and mine[0]["fileSize"] == 20 * size and mine[0]["userId"] == user["id"]
        assert others.events == []


def test_whoever_is_demoted_or_disabled_hears_nothing_more(server, admin, place):
    user, second = make_user(admin, "admin")
    with Listener(second) as listener, Listener(admin) as admins:
        first = admin.folder(place["id"], "before")
        listener.wait_for(lambda name, data: data.get("id") == first["id"])
        admin.ok("PATCH", f"/admin/user/{user['id']}", json={"role": "editor"})
        missed = admin.folder(place["id"], "after demotion")
        # What may be seen is asked when it is sent: a right that came first would count.
        admins.wait_for(lambda name, data: data.get("id") == missed["id"])
        time.sleep(0.3)
        grant(admin, user, place, "read")
        second_folder = admin.folder(place["id"], "granted")
        listener.wait_for(lambda name, data: data.get("id") == second_folder["id"])
        admin.ok("PATCH", f"/admin/user/{user['id']}", json={"disabled": True})
        admin.folder(place["id"], "after the end")
        time.sleep(1)
        names = [data.get("displayName") for data in listener.of("asset")]
        assert "after demotion" not in names and "after the end" not in names


def test_a_stream_ends_with_the_session_or_key_that_it_was_opened_with(server, admin, place):
    user, first = make_user(admin)
    grant(admin, user, place, "read")
    login = requests.post(server.url + "/account/login", json={"username": user["username"], "password": "a long enough password"}, timeout=30).json()
    second = Api(server.url, login["accessToken"])
    key = admin.ok("POST", "/admin/api-key", json={"name": "k", "userId": user["id"], "scopes": ["read"]})
    with Listener(first) as kept, Listener(second) as left, Listener(Api(server.url, key["key"])) as keyed:
        before = admin.folder(place["id"], "before")
        for listener in (kept, left, keyed):
            listener.wait_for(lambda name, data: data.get("id") == before["id"])
        assert requests.post(server.url + "/account/logout", json={"refreshToken": login["refreshToken"]}, timeout=30).status_code == 204
        assert admin.delete(f"/admin/api-key/{key['id']}").status_code == 204
        after = admin.folder(place["id"], "after")
        kept.wait_for(lambda name, data: data.get("id") == after["id"])
        for listener in (left, keyed):
            listener.thread.join(10)
            assert not listener.thread.is_alive(), "the stream was ended"
            assert after["id"] not in json.dumps(listener.events)
        assert second.get("/events").status_code == 401
        # Where nothing happens, too: at the next heartbeat.
        assert requests.post(server.url + "/account/logout", json={"refreshToken": first.refresh_token}, timeout=30).status_code == 204
        kept.thread.join(30)
        assert not kept.thread.is_alive()


def test_an_event_stream_needs_a_session(server):
    assert requests.get(server.url + "/events", timeout=10).status_code == 401
