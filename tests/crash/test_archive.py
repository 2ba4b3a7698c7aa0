"""kill -9 at random moments while files are archived and restored, between two stores and into a directory.

Afterwards every file is Available, Archived or Restored, its bytes are whole wherever they lie, and once the sweep has
run neither store holds anything that no row names. REELVAULT_CRASH_ROUNDS: how many times it is killed; 40 unless set.
"""
import contextlib
import hashlib
import os
import random
import time

import audit
from machine import Machine
from reelvault_server import noise

ROUNDS = int(os.environ.get("REELVAULT_CRASH_ROUNDS", "40"))
SETTINGS = {"worker.count": 1, "jobs.lease_s": 5, "storage.sweep_grace_s": 4, "archive.jobs": 2}
SETTLED = ("Available", "Archived", "Restored")
SIZES = [0, 1, 70_000, 1_048_576, 3_000_001, 9_000_000, 20_000_000, 40_000_000]


def test_every_file_survives_on_one_side_or_the_other(database, seed, tmp_path):
    chance = random.Random(seed)
    for name in ("tape", "inbox"):
        (tmp_path / name).mkdir()
    config = tmp_path / "reelvault.toml"
    config.write_text(f'[stores.tape]\nkind = "local"\nroot = "{tmp_path}/tape"\n\n[restore.inbox]\ndirectory = "{tmp_path}/inbox"\n')
    with contextlib.closing(Machine(database, SETTINGS)) as machine:
        machine.arguments = ["--config", str(config)]
        machine.start()
        admin = machine.admin()
        bucket = admin.root()["id"]
        admin.ok("PATCH", f"/admin/bucket/{bucket}", json={"archiveStore": "tape"})
        contents = {}
        for number, size in enumerate(SIZES):
            content = noise(size, random.Random(f"{seed} {number}").randbytes)
            contents[admin.upload(f"{number}.bin", content, parentId=bucket)["id"]] = [content]
        for asset in list(contents)[2:4]:  # with a former version
            admin.wait_settled(asset)
            contents[asset].append(noise(500_000))
            admin.upload("again.bin", contents[asset][1], replacesAssetId=asset)
            admin.wait(lambda: admin.asset(asset)["version"] == 2)
        for asset in contents:
            admin.wait_settled(asset)
        seen = run(machine, admin, contents, chance)
        wrong = check_end(machine, machine.admin(), contents)
        machine.stop()
        wrong += check_ground(machine, tmp_path, contents)
        print(f"killed {ROUNDS} times; answered: {seen}")
        print("jobs:", machine.rows("select type, status, error_code, count(*) from job where type in ('archive', 'restore', 'local-restore') "
                                    "group by type, status, error_code order by type"))
        assert not wrong, "\n".join([f"seed {seed}, log {machine.log_path}:", *wrong[:40]])
        assert seen["archive"] and seen["restore"] and seen["localRestore"]


def run(machine, admin, contents, chance):
    """Asks for what the status allows, kills at once or a little later, starts again."""
    seen = {"archive": 0, "restore": 0, "localRestore": 0}
    for number in range(ROUNDS):
        admin = machine.admin()
        for asset in chance.sample(list(contents), chance.randint(2, len(contents))):
            status = admin.asset(asset)["assetStatusName"]
            operation = "restore" if status == "Archived" else "archive" if status in SETTLED else None
            if operation:
                answer = admin.post(f"/admin/asset/{asset}/{operation}")
                assert answer.status_code == 202, answer.text
                seen[operation] += 1
        if number % 4 == 0:
            answer = admin.post(f"/asset/{chance.choice(list(contents))}/localRestore", {"restoreProfileNames": ["inbox"]})
            assert answer.status_code == 202, answer.text
            seen["localRestore"] += 1
        time.sleep(chance.choice([0, chance.uniform(0, 0.3), chance.uniform(0, 1.5)]))
        machine.kill()
        if chance.random() < 0.2:  # while it starts
            machine.launch()
            time.sleep(chance.uniform(0, 0.4))
            machine.kill()
        machine.start()
    return seen


def check_end(machine, admin, contents):
    wrong = []
    deadline = time.monotonic() + 180
    # Whoever writes into the directory next removes what jobs left there that the kills ended for good.
    admin.ok("POST", f"/asset/{list(contents)[1]}/localRestore", json={"restoreProfileNames": ["inbox"]})
    for asset in contents:
        while True:
            jobs = admin.ok("GET", f"/admin/asset/{asset}/job-history")["items"]
            status = admin.asset(asset)["assetStatusName"]
            if status in SETTLED and all(job["status"] in audit.ENDED for job in jobs):
                break
            if time.monotonic() > deadline:
                return [f"{asset} is still {status}: {audit.steps_of(jobs)}"]
            time.sleep(0.1)
        failed = {job["error"]["code"] for job in jobs if job["status"] == "Failed"}
        if failed - {"worker-lost"}:
            wrong.append(f"{asset} has jobs that failed otherwise than by the kills: {failed}")
        if status != "Archived" and contents[asset][-1]:
            got = admin.get(admin.asset(asset)["downloadUrl"])
            if got.status_code != 200 or got.content != contents[asset][-1]:
                wrong.append(f"{asset}, {status}, is served as {got.status_code} and {len(got.content)} bytes")
    machine.stop()
    machine.days_go_by()
    machine.start()
    stores = "select count(*) from blob where unreferenced_at is not null", "select count(*) from blob_removal"
    with contextlib.suppress(AssertionError):
        admin.wait(lambda: all(machine.rows(sql) == [["0"]] for sql in stores), 30)
    time.sleep(6)  # a sweep more, for files that no row names
    return wrong


def check_ground(machine, folder, contents):
    ground = audit.Ground(machine)
    roots = {"local": ground.root / "blobs", "tape": folder / "tape"}
    on_disk = {(store, str(path.relative_to(root))) for store, root in roots.items() for path in root.rglob("*.blob")}
    named = {(store, key) for store, key in ground.rows("select store, object_key from blob")}
    wrong = [f"no row names {each}" for each in on_disk - named] + [f"there are no bytes of {each}" for each in named - on_disk]
    wrong += audit.check_references(ground) + audit.check_counters(ground) + audit.check_leftovers(ground)
    wrong += [f"a copy in work: {row}" for row in ground.rows("select * from archive_blob")]
    versions = {}
    for uid, number, status, store, key in ground.rows(
            f"select {ground.uid('a.uid')}, v.number, a.status, b.store, b.object_key from asset a join asset_version v on v.asset_id = a.id "
            "join blob b on b.id = v.blob_id"):
        versions[uid, int(number)] = roots[store] / key
        if (store == "tape") != (status == "8"):
            wrong.append(f"version {number} of {uid} lies in {store}, and the asset has the status {status}")
    for asset, sent in contents.items():
        for number, content in enumerate(sent, 1):
            path = versions[asset.replace("-", ""), number]
            if not path.exists() or path.read_bytes() != content:
                wrong.append(f"version {number} of {asset} does not lie on the disk as it was sent")
    whole = {hashlib.sha256(content).digest() for sent in contents.values() for content in sent}
    for path in (folder / "inbox").iterdir():
        if path.name.startswith(".") or hashlib.sha256(path.read_bytes()).digest() not in whole:
            wrong.append(f"half a file in the restore profile's directory: {path.name}")
    return wrong
