"""The audit finds what it is for, or it would prove nothing in the other tests: each fault is put in by hand."""
import contextlib
import shutil
import types

import audit
import pytest
from load import Asset, Ledger
from machine import Machine


@pytest.fixture(scope="module")
def quiet():
    """A data folder with two assets, of which one was replaced and has a related file; its server has stopped."""
    with contextlib.closing(Machine("sqlite", {"worker.count": 1})) as machine:
        machine.start()
        api = machine.admin()
        ledger = Ledger()
        for name in ("one.txt", "two.txt"):
            ledger.assets.append(Asset(name, api.upload(name, name.encode(), tags=["a"])["id"], [name.encode()]))
        one = ledger.assets[0]
        api.wait_settled(one.id)
        api.upload("one.txt", b"newer", replacesAssetId=one.id)
        one.versions.append(b"newer")
        body = {"parentAssetId": one.id, "relationshipType": "document", "fileName": "notes", "fileSize": 5}
        upload = api.ok("POST", "/asset/upload/start-related-asset", json=body)
        api.send_part(upload["parts"][0], b"notes")
        one.related[api.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})["url"]] = b"notes"
        cancelled = api.start_upload("cancelled", 3)
        api.post(f"/asset/upload/{cancelled['id']}/cancel")
        assert audit.check_promises(api, ledger) == []
        machine.stop()
        yield machine, ledger


@pytest.fixture
def copy(quiet, tmp_path):
    """Of that folder, in the form that the audit takes."""
    machine, ledger = quiet
    shutil.copytree(machine.data_dir, tmp_path / "data", ignore=shutil.ignore_patterns("*.sock"))
    server = types.SimpleNamespace(data_dir=tmp_path / "data", database_url="")
    server.rows = types.MethodType(Machine.rows, server)
    return server, ledger


def test_finds_nothing_where_nothing_is_wrong(copy):
    assert audit.check_ground(*copy) == []


FAULTS = {
    "counts 7 references": "update blob set reference_count = 7 where id = 1",
    "the file of blob": "update blob set object_key = '00/00/0' where id = 1",
    "has another SHA-256": "update blob set sha256 = zeroblob(32) where id = 1",
    "has another CRC-32": "update blob set crc32 = crc32 + 1 where id = 1",
    "is still being uploaded": "update blob set state = 0 where id = 1",
    "marked wrongly": "update blob set unreferenced_at = 1 where id = 1",
    "were to be removed": "insert into blob_removal (blob_id, store, object_key, size, decided_at) values (99, 'local', 'x', 1, 1)",
    "a part of an upload that is not open": "insert into upload_part (upload_id, number, state) select id, 1, 2 from upload limit 1",
    "an upload that is open": "update upload set state = 0 where id = (select max(id) from upload)",
    "a job that has not ended": "update job set status = 1 where id = 1",
    "a step of a version twice": "update job set type = 'probe' where asset_id = (select min(asset_id) from job)",
    "a file in a passing status": "update asset set status = 21 where name = 'two.txt'",
    "a version that was never settled": "update asset_version set settled = false",
    "no version of it": "update asset set version = 9 where name = 'two.txt'",
    "another size than its content": "update asset set size = size + 1 where name = 'two.txt'",
    "a version of another size": "update asset_version set size = size + 1",
    "do not count from 1": "delete from asset_version where number = 1 and asset_id = (select id from asset where name = 'one.txt')",
    "a related asset without a file": "delete from related_file",
    "a history that ends": "insert into audit_entry (asset_id, asset_uid, at, kind, username, operation, to_status) "
    "select id, uid, 1, 0, '', 'fail', 17 from asset where name = 'two.txt'",
    "counts": "update folder_counter set files = files + 1",
    "does not lie on the disk as it was sent": "update asset_version set blob_id = (select blob_id from asset_version order by id desc limit 1)",
    "a version that nobody completed": "insert into asset_version (asset_id, number, blob_id, file_name, content_type, media_type, size, created_at) "
    "select asset_id, number + 1, blob_id, file_name, content_type, media_type, size, 1 from asset_version order by id desc limit 1",
    "foreign_key_check": "delete from asset where name = 'two.txt'",
}


@pytest.mark.parametrize("sentence", FAULTS)
def test_finds_rows_that_are_wrong(copy, sentence):
    server, ledger = copy
    server.rows(FAULTS[sentence])
    assert any(sentence in found for found in audit.check_ground(server, ledger))


def test_finds_files_that_are_wrong(copy):
    server, ledger = copy
    blobs = server.data_dir / "blobs"
    (blobs / "ab" / "cd").mkdir(parents=True, exist_ok=True)
    (blobs / "ab" / "cd" / "orphan").write_bytes(b"orphan")
    first, second = sorted(path for path in blobs.rglob("*") if path.is_file() and path.name not in ("orphan", ".reelvault-store"))[:2]
    first.unlink()
    second.write_bytes(second.read_bytes()[::-1])
    (server.data_dir / "scratch" / "job" / "out").mkdir(parents=True)
    (server.data_dir / "left.tmp").touch()
    found = "\n".join(audit.check_ground(server, ledger))
    for sentence in ("an orphan file of 6 bytes", "is not there", "as it was sent", "left in scratch: job", "left.tmp"):
        assert sentence in found


def test_finds_broken_promises(quiet):
    machine, kept = quiet
    machine.start()
    api = machine.admin()
    one, two = kept.assets
    broken = {
        "has 2 versions, and 1 were": Asset("one.txt", one.id, [b"newer"]),
        "are not those of version 2": Asset("one.txt", one.id, [b"one.txt", b"older"]),
        "is described as": Asset("two.txt", two.id, two.versions, description="of which nothing is known"),
        "has the tags": Asset("two.txt", two.id, two.versions, tags=["b"]),
        "a related file": Asset("one.txt", one.id, one.versions, related={address: b"other" for address in one.related}),
        "is there though its upload was cancelled": Asset("two.txt", two.id, gone=True),
        "404": Asset("three.txt", one.id[:-1] + ("0" if one.id[-1] != "0" else "1"), [b"three"]),
        "is Available": Asset("two.txt", two.id, two.versions, refused={1}),
    }
    for sentence, asset in broken.items():
        ledger = Ledger()
        ledger.assets.append(asset)
        assert any(sentence in found for found in audit.check_promises(api, ledger)), sentence
    ledger = Ledger()
    ledger.folders[one.id] = "a folder"
    ledger.accounts.append("nobody")
    open_one = api.start_upload("open", 3)
    found = "\n".join(audit.check_promises(api, ledger))
    assert "the folder a folder" in found and "the account nobody" in found and open_one["id"] in found
    api.post(f"/asset/upload/{open_one['id']}/cancel")
    machine.stop()
