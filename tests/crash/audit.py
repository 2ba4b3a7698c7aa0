"""Whether promises were kept (`check_promises`, through the API) and disk and database agree (`check_ground`).

Both give sentences about what is wrong; none means that all is well.
"""
import concurrent.futures
import hashlib
import pathlib
import time
import zlib

ENDED = ("Succeeded", "Failed", "Cancelled")


# ---- through the API ------------------------------------------------------------------------------------------------


def check_promises(api, ledger, patience=240):
    """Of a running server that nobody troubles any more. Waits for processing."""
    wrong = []
    deadline = time.monotonic() + patience
    for asset in ledger.assets:
        if asset.id is not None:
            wrong += check_asset(api, asset, deadline)
    open_ones = {one["id"] for one in api.ok("GET", "/asset/upload?pageSize=500")["items"]}
    for upload in ledger.uploads:
        wrong += check_upload(api, upload, open_ones)
    open_ones -= {upload.id for upload in ledger.uploads}
    wrong += [f"an upload that nobody started is open: {upload}" for upload in open_ones]
    for folder, name in ledger.folders.items():
        answer = api.get(f"/asset/{folder}")
        if answer.status_code != 200 or answer.json()["displayName"] != name:
            wrong.append(f"the folder {name} is not there: {answer.status_code} {answer.text}")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, answer in zip(ledger.accounts, pool.map(lambda name: login(api, name), ledger.accounts)):
            if answer.status_code != 200:
                wrong.append(f"the account {name} cannot sign in: {answer.status_code} {answer.text}")
    return wrong


def login(api, name):
    body = {"username": name, "password": "correct horse battery staple"}
    return type(api)(api.url).post("/account/login", body)


def check_upload(api, upload, open_ones):
    if upload.id is None:
        return []
    status = api.ok("GET", f"/asset/upload/{upload.id}")["status"]
    expected = {"complete": ["Complete"], "cancelled": ["Cancelled"], "abandoned": ["Open", "Cancelled"]}.get(upload.state)
    if expected is None:
        return [f"the upload {upload.file_name} did not come to its end: {upload.state}, {status}"]
    if status not in expected or (status == "Open") != (upload.id in open_ones):
        return [f"the upload {upload.file_name} is {status}, and was {upload.state}"]
    return []


def check_asset(api, asset, deadline):
    answer = api.get(f"/asset/{asset.id}")
    if asset.gone:
        return [] if answer.status_code == 404 else [f"{asset.name} is there though its upload was cancelled"]
    if answer.status_code != 200:
        if answer.status_code == 404 and not asset.versions and not asset.placeholder:
            return []  # its upload was abandoned
        return [f"{asset.name}: {answer.status_code} {answer.text}"]
    found = answer.json()
    jobs = []
    while asset.versions:
        jobs = api.ok("GET", f"/admin/asset/{asset.id}/job-history")["items"]
        found = api.asset(asset.id)
        if found["assetStatusName"] in ("Available", "Error") and all(job["status"] in ENDED for job in jobs):
            break
        if time.monotonic() > deadline:
            return [f"{asset.name} is still {found['assetStatusName']}: {steps_of(jobs)}"]
        time.sleep(0.1)
    wrong = []
    if asset.description is not None and found["description"] != asset.description:
        wrong.append(f"{asset.name} is described as {found['description']!r}, not {asset.description!r}")
    if asset.tags and sorted(found["tags"]) != sorted(asset.tags):
        wrong.append(f"{asset.name} has the tags {found['tags']}, not {asset.tags}")
    if asset.versions:
        wrong += check_content(api, asset, found, jobs)
    elif asset.placeholder and found["assetStatusName"] != "Placeholder":
        wrong.append(f"the placeholder {asset.name} is {found['assetStatusName']}")
    for address, content in asset.related.items():
        got = api.get(address)
        if got.status_code != 200 or got.content != content:
            wrong.append(f"a related file of {asset.name} is {got.status_code}, {len(got.content)} bytes of {len(content)}")
    return wrong


def steps_of(jobs):
    return ", ".join(" ".join([job["jobType"], job["status"], (job["error"] or {}).get("code", "")]) for job in jobs)


def check_content(api, asset, found, jobs):
    wrong = []
    # A step whose worker was killed under it three times is given up, which is an Error with a reason.
    killed = [job for job in jobs if job["status"] == "Failed" and job["error"]["code"] == "worker-lost"]
    certain = not killed and not asset.may_fail
    served = max(set(range(1, len(asset.versions) + 1)) - asset.refused, default=None)
    if certain and found["assetStatusName"] != ("Available" if served else "Error"):
        wrong.append(f"{asset.name} is {found['assetStatusName']}: {found['error']}; {steps_of(jobs)}")
    versions = api.ok("GET", f"/asset/{asset.id}/detail")["versions"]
    if len(versions) != len(asset.versions):
        wrong.append(f"{asset.name} has {len(versions)} versions, and {len(asset.versions)} were completed")
        return wrong
    current = next((one["version"] for one in versions if one["current"]), None)
    if certain and current != served:
        wrong.append(f"{asset.name} serves version {current}, and should {served}: {steps_of(jobs)}")
    if current in asset.refused:
        wrong.append(f"{asset.name} serves version {current}, whose checksum was wrong")
    if current is None:
        return wrong + [f"{asset.name} offers a download and has no content"] * (found["downloadUrl"] is not None)
    got = api.get(found["downloadUrl"])
    if got.status_code != 200 or got.content != asset.versions[current - 1]:
        wrong.append(f"{asset.name}: {got.status_code}, {len(got.content)} bytes are not those of version {current}")
    return wrong


# ---- disk and database ----------------------------------------------------------------------------------------------


class Ground:
    """What lies on the disk and in the database of a server that does not run."""

    def __init__(self, server):
        self.server = server
        self.postgres = bool(server.database_url)
        self.root = pathlib.Path(server.data_dir)

    def hex(self, column):
        return f"encode({column}, 'hex')" if self.postgres else f"lower(hex({column}))"

    def uid(self, column):
        return f"replace({column}::text, '-', '')" if self.postgres else f"lower(hex({column}))"

    def rows(self, sql):
        return self.server.rows(sql)

    def files(self):
        found = {}
        for path in (self.root / "blobs").rglob("*"):
            if path.is_file() and path.name != ".reelvault-store":
                found[str(path.relative_to(self.root / "blobs"))] = path.stat().st_size
        return found

    def blobs(self):
        return {row[0]: row for row in self.rows("select object_key, id, size, reference_count, state from blob")}

    def is_swept(self):
        """Nothing is left for a sweep to do."""
        left = (
            "select id from blob where unreferenced_at is not null union all select id from blob_removal "
            "union all select id from upload where state = 0"
        )
        return not self.rows(left) and self.files().keys() == self.blobs().keys()

    def wait_until_swept(self):
        """For half a minute; what is left then, `check_ground` names."""
        deadline = time.monotonic() + 30
        while not self.is_swept() and time.monotonic() < deadline:
            time.sleep(0.2)


def check_ground(server, ledger):
    ground = Ground(server)
    return [
        *check_blobs(ground),
        *check_references(ground),
        *check_rows(ground),
        *check_counters(ground),
        *check_leftovers(ground),
        *check_versions(ground, ledger),
    ]


def check_blobs(ground):
    wrong = []
    files, blobs = ground.files(), ground.blobs()
    wrong += [f"an orphan file of {files[key]} bytes: {key}" for key in files.keys() - blobs.keys()]
    for key, (_, row, size, references, state) in blobs.items():
        if key not in files:
            wrong.append(f"the file of blob {row} is not there")
        elif files[key] != int(size):
            wrong.append(f"the file of blob {row} has {files[key]} bytes, not {size}")
        if references == "0":
            wrong.append(f"nothing refers to blob {row}, which the sweep left")
        if state != "1":
            wrong.append(f"blob {row} is still being uploaded")
    wrong += [f"bytes were to be removed: {row}" for row in ground.rows("select * from blob_removal")]
    hashes = ground.rows(f"select object_key, {ground.hex('sha256')}, crc32 from blob where sha256 is not null or crc32 is not null")
    for key, sha256, crc32 in hashes:
        content = (ground.root / "blobs" / key).read_bytes() if key in files else b""
        if sha256 and hashlib.sha256(content).hexdigest() != sha256:
            wrong.append(f"{key} has another SHA-256 than its row")
        if crc32 is not None and zlib.crc32(content) != int(crc32):
            wrong.append(f"{key} has another CRC-32 than its row")
    return wrong


def check_references(ground):
    counted = ground.rows(
        "select b.id, b.reference_count, "
        "(select count(*) from asset_version v where v.blob_id = b.id) + "
        "(select count(*) from related_file f where f.blob_id = b.id) + "
        "(select count(*) from archive_blob k where k.blob_id = b.id) + "
        "(select count(*) from upload u where u.blob_id = b.id and u.state = 0), "
        "case when b.unreferenced_at is null then 0 else 1 end from blob b"
    )
    wrong = [f"blob {row} counts {count} references, and {true} rows refer to it" for row, count, true, _ in counted if count != true]
    wrong += [f"blob {row} is marked wrongly as unreferenced or not" for row, _, true, marked in counted if (true == "0") != (marked == "1")]
    return wrong


# What no row must say once all is quiet: a sentence, and the query that finds such rows.
FORBIDDEN = {
    "a part of an upload that is not open": "select p.* from upload_part p join upload u on u.id = p.upload_id where u.state <> 0",
    "an upload that is open": "select id, file_name from upload where state = 0",
    "a job that has not ended": "select id, type, key, status, attempt from job where status in (0, 1)",
    "a job with a worker that it does not have any more": "select id, key from job where status <> 1 and lease_until is not null",
    "a step of a version twice": "select asset_id, version, type, count(*) from job group by asset_id, version, type having count(*) > 1",
    "a key of two jobs": "select key, count(*) from job group by key having count(*) > 1",
    "a dependency on a job that is gone": "select job_id from job_dependency where needs_id not in (select id from job)",
    "a file in a passing status": "select id, name, status from asset where asset_type = 2 and status not in ({settled})",
    "a version that was never settled": "select v.id, a.name, a.status from asset_version v join asset a on a.id = v.asset_id "
    "where v.number = (select max(number) from asset_version where asset_id = v.asset_id) and not v.settled and a.status <> {error}",
    "an asset whose content is no version of it": "select id, name, version from asset a where version <> 0 and not exists "
    "(select 1 from asset_version v where v.asset_id = a.id and v.number = a.version)",
    "an asset of another size than its content": "select a.id, a.name, a.size, v.size from asset a join asset_version v "
    "on v.asset_id = a.id and v.number = a.version where a.size <> v.size",
    "a version of another size than its blob": "select v.id, v.size, b.size from asset_version v join blob b on b.id = v.blob_id where v.size <> b.size",
    "versions that do not count from 1": "select asset_id from asset_version group by asset_id having max(number) <> count(*) or min(number) <> 1",
    "a file without a parent": "select id, name from asset where asset_type <> 5 and parent_id not in (select id from asset)",
    "a related asset without a file": "select id, relationship, recipe from related_asset r where not superseded and not exists "
    "(select 1 from related_file f where f.related_id = r.id)",
    "two related assets of one recipe": "select asset_id, version, recipe, count(*) from related_asset where not superseded "
    "group by asset_id, version, recipe, coalesce(language_code, '') having count(*) > 1",
    "a history that ends in another status": "select a.id, a.name, a.status, h.to_status from asset a join audit_entry h on h.id = "
    "(select max(id) from audit_entry where kind = 0 and asset_id = a.id and to_status is not null) where a.asset_type = 2 and a.status <> h.to_status",
    "a tag of an asset that is gone": "select asset_id from asset_tag where asset_id not in (select id from asset)",
    "a job of an asset that is gone": "select id, key from job where asset_id not in (select id from asset)",
}
AVAILABLE, ERROR, PLACEHOLDER = 1, 17, 20  # the reference's numbers


def check_rows(ground):
    words = {"settled": f"{AVAILABLE}, {ERROR}, {PLACEHOLDER}", "error": ERROR}
    wrong = []
    for sentence, sql in FORBIDDEN.items():
        found = ground.rows(sql.format(**words))
        if found:
            wrong.append(f"{sentence}: {found[:5]}" + (f" and {len(found) - 5} more" if len(found) > 5 else ""))
    if not ground.postgres:
        wrong += [f"integrity_check: {row[0]}" for row in ground.rows("pragma integrity_check") if row != ["ok"]]
        wrong += [f"foreign_key_check: {row}" for row in ground.rows("pragma foreign_key_check")]
    return wrong


def check_counters(ground):
    rows = ground.rows(
        "select f.folder_id, f.folders, f.files, f.bytes, "
        "(select count(*) from asset a where a.parent_id = f.folder_id and a.deleted_at is null and a.asset_type <> 2), "
        "(select count(*) from asset a where a.parent_id = f.folder_id and a.deleted_at is null and a.asset_type = 2), "
        "(select coalesce(sum(size), 0) from asset a where a.parent_id = f.folder_id and a.deleted_at is null) from folder_counter f"
    )
    wrong = [f"folder {row[0]} counts {row[1:4]}, and holds {row[4:]}" for row in rows if row[1:4] != row[4:]]
    missing = ground.rows("select id from asset where asset_type <> 2 and id not in (select folder_id from folder_counter)")
    return wrong + [f"folder {row[0]} has no counter" for row in missing]


def check_leftovers(ground):
    known = {"lock", "reelvault.db", "blobs", "run", "scratch"}
    wrong = [f"something else in the data folder: {path.name}" for path in ground.root.iterdir() if path.name not in known]
    scratch = ground.root / "scratch"
    if scratch.exists():
        wrong += [f"left in scratch: {path.relative_to(scratch)}" for path in scratch.rglob("*")]
    return wrong


def check_versions(ground, ledger):
    """Every version that was completed lies on the disk, byte for byte, served or not."""
    rows = ground.rows(
        f"select {ground.uid('a.uid')}, v.number, b.object_key from asset a join asset_version v on v.asset_id = a.id "
        "join blob b on b.id = v.blob_id order by a.id, v.number"
    )
    keys = {(uid, int(number)): key for uid, number, key in rows}
    wrong = []
    for asset in ledger.assets:
        for number, content in enumerate(asset.versions, 1):
            key = keys.pop((asset.id.replace("-", ""), number), None)
            path = ground.root / "blobs" / key if key else None
            if path is None or not path.exists() or path.read_bytes() != content:
                wrong.append(f"version {number} of {asset.name} does not lie on the disk as it was sent")
    return wrong + [f"a version that nobody completed: {key}" for key in keys]
