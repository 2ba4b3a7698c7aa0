"""kill -9 at random moments under batches of every kind, small ones that are answered at once and large ones that go on in
the background. Afterwards every batch has come to its end, nothing is half moved, copied or deleted, and whatever is
counted is counted right. REELVAULT_CRASH_ROUNDS: how many times the server is killed; 25 unless set.
"""
import contextlib
import os
import random
import threading
import time

import requests
from machine import Machine

ROUNDS = int(os.environ.get("REELVAULT_CRASH_ROUNDS", "25"))
SETTINGS = {"worker.count": 1, "jobs.lease_s": 5, "storage.sweep_grace_s": 3600}


class Batcher(threading.Thread):
    """Works in a folder of its own, with copies that come and go; remembers what was answered."""

    def __init__(self, machine, number, seed, stop):
        super().__init__(name=f"batcher {number}")
        self.machine, self.number, self.chance, self.stop = machine, number, random.Random(f"{seed} {number}"), stop
        self.api, self.place, self.other, self.trashed, self.answered = None, None, None, [], 0

    def run(self):
        while not self.stop.is_set():
            with contextlib.suppress(requests.RequestException, AssertionError, KeyError):
                if self.api is None:
                    self.api = self.machine.admin()
                self.act()

    def prepare(self, api):
        root = api.root()["id"]
        self.place = api.folder(root, f"place {self.number}")["id"]
        self.other = api.folder(root, f"other {self.number}")["id"]
        base = api.folder(self.place, "base")["id"]
        for i in range(6):
            inner = api.folder(base, f"inner {i}")["id"]
            for j in range(8):
                api.ok("POST", f"/admin/asset/{inner}/create-placeholder", json={"displayName": f"f{j}.mov"})
        self.real = api.upload("real.txt", f"of {self.number}".encode(), parentId=base)["id"]

    def children(self, folder):
        return [x["id"] for x in self.api.ok("GET", f"/asset/{folder}/children", params={"pageSize": 100})["items"]]

    def batch(self, action, ids, **arguments):
        answer = self.api.post(f"/admin/asset/{action}", {"targetIds": ids, "actionArguments": arguments}, timeout=30)
        if answer.status_code in (200, 202):
            self.answered += 1
        return answer

    def act(self):
        here, there = self.children(self.place), self.children(self.other)
        action = self.chance.choice(["Duplicate", "Duplicate", "Copy", "Move", "Move", "Trash", "Undelete", "Delete", "Delete", "AddTag"])
        if action == "Duplicate" and here and len(here) < 12:
            self.batch(action, self.chance.sample(here, min(2, len(here))))
        elif action == "Copy" and here and len(there) < 6:
            self.batch(action, [self.place], parentId=self.other, onConflict="rename")  # with all below: often in the background
        elif action == "Move" and here and there:
            self.batch(action, [self.chance.choice(there)], parentId=self.place, onConflict="rename")
            self.batch(action, [self.chance.choice(here)], parentId=self.other, onConflict="rename")
        elif action == "Trash" and len(here) > 1:
            chosen = self.chance.choice(here)
            if self.batch(action, [chosen]).status_code == 200:
                self.trashed.append(chosen)
        elif action == "Undelete" and self.trashed:
            self.batch(action, [self.trashed.pop()], onConflict="rename")
        elif action == "Delete" and len(there) > 1:
            self.batch(action, self.chance.sample(there, 2))
        elif action == "AddTag" and here:
            self.batch(action, here, tags=[f"t{self.chance.randrange(5)}"])


QUESTIONS = {
    "batches that did not end": "select uid from batch where state <> 2",
    "steps of batches that ended": "select id from batch_step",
    "targets without an outcome": "select batch_id, ordinal from batch_target where state = 0",
    "assets in a passing status": "select name, status from asset where status in (3, 13, 14, 16, 2)",
    "folders that count wrongly": """select a.name, c.files, c.folders from folder_counter c join asset a on a.id = c.folder_id where
        c.files <> (select count(*) from asset b where b.parent_id = c.folder_id and b.asset_type = 2 and b.deleted_at is null) or
        c.folders <> (select count(*) from asset b where b.parent_id = c.folder_id and b.asset_type <> 2 and b.deleted_at is null) or
        c.bytes <> (select coalesce(sum(b.size), 0) from asset b where b.parent_id = c.folder_id and b.asset_type = 2 and b.deleted_at is null)""",
    "blobs that count wrongly": """select id, reference_count from blob where reference_count <>
        (select count(*) from asset_version v where v.blob_id = blob.id) + (select count(*) from related_file f where f.blob_id = blob.id) +
        (select count(*) from upload u where u.blob_id = blob.id and u.state = 0)""",
    "versions without an asset": "select v.id from asset_version v left join asset a on a.id = v.asset_id where a.id is null",
    "tags without an asset": "select t.tag_id from asset_tag t left join asset a on a.id = t.asset_id where a.id is null",
    "folders without a counter": "select a.id from asset a left join folder_counter c on c.folder_id = a.id where a.asset_type <> 2 and c.folder_id is null",
}


def test_batches_come_to_their_end_whatever_dies(database, seed):
    chance = random.Random(seed)
    with contextlib.closing(Machine(database, SETTINGS)) as machine:
        machine.start()
        stop = threading.Event()
        batchers = [Batcher(machine, number, seed, stop) for number in range(4)]
        admin = machine.admin()
        for batcher in batchers:
            batcher.prepare(admin)
        for batcher in batchers:
            batcher.start()
        for _ in range(ROUNDS):
            time.sleep(chance.uniform(0.1, 1.5))
            machine.kill()
            machine.start()
        time.sleep(2)
        stop.set()
        for batcher in batchers:
            batcher.join(60)
        admin = machine.admin()
        admin.wait(lambda: not machine.rows(QUESTIONS["batches that did not end"]), 240)
        wrong = [f"{what}: {rows[:5]}" for what, sql in QUESTIONS.items() if (rows := machine.rows(sql))]
        print(f"{ROUNDS} kills, {sum(b.answered for b in batchers)} batches answered, {machine.rows('select count(*) from asset')[0][0]} assets")
        assert not wrong, "\n".join([f"seed {seed}, log {machine.log_path}:", *wrong])
        assert sum(b.answered for b in batchers) > ROUNDS
