"""Uploads in parts, as api.md 4 has them."""
import base64
import concurrent.futures
import hashlib
import os
import socket
import subprocess
import time
import urllib.parse
import uuid
import zlib

import requests
from reelvault_server import PASSWORD, Api, Server, noise, program
from test_tree import grant, make_user

MIB = 1 << 20


def test_a_file_goes_up_in_parts_and_comes_down_byte_for_byte(admin, place):
    content = noise(11 * MIB + 17)
    upload = admin.start_upload("parts.bin", len(content), parentId=place["id"], chunkSize=5 * MIB)
    assert [p["partNumber"] for p in upload["parts"]] == [1, 2, 3]
    assert [p["length"] for p in upload["parts"]] == [5 * MIB, 5 * MIB, MIB + 17]
    # Any order, in parallel.
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda p: admin.send_part(p, content[p["offset"]:p["offset"] + p["length"]]), reversed(upload["parts"])))
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    assert asset["id"] == upload["assetId"] and asset["size"] == len(content)
    got = admin.get(asset["downloadUrl"])
    assert got.status_code == 200 and got.content == content
    admin.wait_settled(asset["id"])
    assert admin.wait(lambda: admin.asset(asset["id"])["checksum"]) == "sha256:" + hashlib.sha256(content).hexdigest()


def test_repeating_complete_answers_as_the_first_time(admin, place):
    upload = admin.start_upload("twice.txt", 3, parentId=place["id"])
    admin.send_part(upload["parts"][0], b"abc")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: admin.post(f"/asset/upload/{upload['id']}/complete"), range(4)))
    assert {a.status_code for a in answers} == {200}
    assert {a.json()["id"] for a in answers} == {upload["assetId"]}
    jobs = admin.ok("GET", f"/admin/asset/{upload['assetId']}/job-history")["items"]
    assert len([j for j in jobs if j["jobType"] == "probe"]) == 1
    assert admin.post(f"/asset/upload/{upload['id']}/cancel").status_code == 409


def test_an_empty_file_is_a_file(admin, place):
    upload = admin.start_upload("empty.txt", 0, parentId=place["id"])
    assert len(upload["parts"]) == 1 and upload["parts"][0]["length"] == 0
    admin.send_part(upload["parts"][0], b"")
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    assert asset["size"] == 0
    assert admin.get(asset["downloadUrl"]).content == b""
    assert admin.wait_settled(asset["id"])["assetStatusName"] == "Available"


def test_complete_names_the_parts_that_are_missing(admin, place):
    upload = admin.start_upload("holes.bin", 15 * MIB, parentId=place["id"], chunkSize=5 * MIB)
    admin.send_part(upload["parts"][1], b"x" * 5 * MIB)
    admin.put_part(upload["parts"][2], b"y" * 5 * MIB)  # sent, not confirmed
    answer = admin.post(f"/asset/upload/{upload['id']}/complete")
    assert answer.status_code == 409
    assert answer.json()["missingParts"] == [1, 3]
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    known = admin.ok("GET", f"/asset/upload/{upload['id']}")
    assert [p["isCompleted"] for p in known["parts"]] == [False, True, False]


def test_confirming_wants_the_right_etag(admin, place):
    upload = admin.start_upload("etag.bin", 4, parentId=place["id"])
    part = upload["parts"][0]
    early = admin.post(f"/asset/upload/part/{part['id']}/complete", {"etag": "abc"})
    assert early.status_code == 409 and early.json()["etag"] is None
    etag = admin.put_part(part, b"data").headers["ETag"]
    assert etag.startswith('"')
    wrong = admin.post(f"/asset/upload/part/{part['id']}/complete", {"etag": '"0000"'})
    assert wrong.status_code == 409 and wrong.json()["etag"] == etag.strip('"')
    assert admin.post(f"/asset/upload/part/{part['id']}/complete", {"etag": "W/" + etag}).status_code == 400
    for form in (etag, etag.strip('"'), etag):
        confirmed = admin.post(f"/asset/upload/part/{part['id']}/complete", {"etag": form})
        assert confirmed.status_code == 200 and confirmed.json()["isCompleted"] and confirmed.json()["etag"] == etag.strip('"')
    late = admin.put_part(part, b"evil")
    assert late.status_code == 409


def test_a_part_can_be_sent_again_until_it_is_confirmed(admin, place):
    upload = admin.start_upload("again.bin", 4, parentId=place["id"])
    part = upload["parts"][0]
    first = admin.put_part(part, b"aaaa").headers["ETag"]
    second = admin.put_part(part, b"bbbb").headers["ETag"]
    assert first != second
    assert admin.post(f"/asset/upload/part/{part['id']}/complete", {"etag": first}).status_code == 409
    assert admin.post(f"/asset/upload/part/{part['id']}/complete", {"etag": second}).status_code == 200
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    assert admin.get(asset["downloadUrl"]).content == b"bbbb"


def test_wrong_lengths_are_refused_and_nothing_is_kept(admin, place):
    upload = admin.start_upload("length.bin", 10, parentId=place["id"])
    part = upload["parts"][0]
    for content in (b"short", b"much too long for this"):
        assert admin.put_part(part, content).status_code == 400
    assert admin.post(f"/asset/upload/{upload['id']}/complete").json()["missingParts"] == [1]
    # Chunked, so that no length is announced.
    assert requests.put(part["uploadUrl"], data=iter([b"abc"])).status_code == 400
    assert requests.put(part["uploadUrl"], data=iter([b"0123456789", b"more"])).status_code == 400
    good = requests.put(part["uploadUrl"], data=iter([b"01234", b"56789"]))
    assert good.status_code == 200, good.text
    admin.ok("POST", f"/asset/upload/part/{part['id']}/complete", json={"etag": good.headers["ETag"]})


def test_part_addresses_are_signed_and_admit_one_part(admin, place):
    upload = admin.start_upload("signed.bin", 10 * MIB, parentId=place["id"], chunkSize=5 * MIB)
    first, second = upload["parts"]
    assert requests.put(second["uploadUrl"].replace(second["id"], first["id"]), data=b"x" * 5 * MIB).status_code == 403
    parsed = urllib.parse.urlsplit(first["uploadUrl"])
    query = dict(urllib.parse.parse_qsl(parsed.query))
    query["expires"] = str(int(query["expires"]) + 60)
    longer = parsed._replace(query=urllib.parse.urlencode(query)).geturl()
    answer = requests.put(longer, data=b"x" * 5 * MIB)
    assert answer.status_code == 403 and answer.json()["type"].endswith("upload-url-invalid")
    assert requests.put(parsed._replace(query="").geturl(), data=b"x" * 5 * MIB).status_code == 403


def test_a_broken_connection_leaves_the_part_as_not_sent(admin, place):
    upload = admin.start_upload("broken.bin", 4 * MIB, parentId=place["id"])
    part = upload["parts"][0]
    parsed = urllib.parse.urlsplit(part["uploadUrl"])
    with socket.create_connection((parsed.hostname, parsed.port)) as s:
        s.sendall(f"PUT {parsed.path}?{parsed.query} HTTP/1.1\r\nHost: x\r\nContent-Length: {4 * MIB}\r\nExpect: 100-continue\r\n\r\n".encode())
        s.settimeout(20)
        assert b" 100 " in s.recv(200)  # it is the older one: the server waits for its bytes
        s.sendall(b"z" * MIB)
    assert admin.post(f"/asset/upload/{upload['id']}/complete").json()["missingParts"] == [1]
    admin.send_part(part, b"k" * 4 * MIB)
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    assert admin.get(asset["downloadUrl"]).content == b"k" * 4 * MIB


def test_a_newer_writer_ends_an_older_one_whose_connection_is_dead(admin, place):
    upload = admin.start_upload("stale.bin", 4 * MIB, parentId=place["id"])
    part = upload["parts"][0]
    parsed = urllib.parse.urlsplit(part["uploadUrl"])
    with socket.create_connection((parsed.hostname, parsed.port)) as stale:
        head = f"PUT {parsed.path}?{parsed.query} HTTP/1.1\r\nHost: x\r\nContent-Length: {4 * MIB}\r\nExpect: 100-continue\r\n\r\n"
        stale.sendall(head.encode())
        stale.settimeout(20)
        assert b" 100 " in stale.recv(200)  # it is the older one: the server waits for its bytes
        stale.sendall(b"z" * MIB)
        answer = admin.put_part(part, b"n" * 4 * MIB)  # while the other hangs
        assert answer.status_code == 200, answer.text
        admin.ok("POST", f"/asset/upload/part/{part['id']}/complete", json={"etag": answer.headers["ETag"]})
        try:
            stale.sendall(b"z" * 3 * MIB)
            assert b" 200 " not in stale.recv(200)
        except OSError:
            pass
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    assert admin.get(asset["downloadUrl"]).content == b"n" * 4 * MIB


def test_digests_that_the_client_sends_are_checked(admin, place):
    upload = admin.start_upload("digest.bin", 5, parentId=place["id"])
    part = upload["parts"][0]
    good = base64.b64encode(hashlib.md5(b"12345").digest()).decode()
    bad = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert admin.put_part(part, b"12345", headers={"Content-MD5": bad}).status_code == 400
    sha = base64.b64encode(hashlib.sha256(b"12345").digest()).decode()
    assert admin.put_part(part, b"12345", headers={"Content-Digest": f"sha-256=:{sha}:"}).status_code == 200
    assert admin.put_part(part, b"54321", headers={"Content-Digest": f"sha-256=:{sha}:"}).status_code == 400
    assert admin.post(f"/asset/upload/{upload['id']}/complete").status_code == 409
    assert admin.put_part(part, b"12345", headers={"Content-MD5": good}).status_code == 200


def test_a_declared_crc_is_compared_at_once(admin, place):
    content = b"checked" * 1000
    wrong = admin.start_upload("crc.bin", len(content), parentId=place["id"], checksum="crc32:00000000")
    admin.send_part(wrong["parts"][0], content)
    answer = admin.post(f"/asset/upload/{wrong['id']}/complete")
    assert answer.status_code == 409 and answer.json()["type"].endswith("checksum-mismatch")
    assert admin.ok("GET", f"/asset/upload/{wrong['id']}")["status"] == "Open"
    right = admin.start_upload("crc2.bin", len(content), parentId=place["id"], checksum=f"crc32:{zlib.crc32(content):08x}")
    admin.send_part(right["parts"][0], content)
    admin.ok("POST", f"/asset/upload/{right['id']}/complete", json={})


def test_a_declared_sha_is_compared_by_a_job(admin, place):
    content = b"assembling" * 1000
    for name, digest, status in (("good.bin", hashlib.sha256(content).hexdigest(), "Available"), ("bad.bin", "0" * 64, "Error")):
        upload = admin.start_upload(name, len(content), parentId=place["id"], checksum="sha256:" + digest)
        admin.send_part(upload["parts"][0], content)
        asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
        assert asset["assetStatusName"] == "Assembling"
        asset = admin.wait_settled(asset["id"])
        assert asset["assetStatusName"] == status
        assert (asset["downloadUrl"] is None) == (status == "Error"), "nothing is published of a mismatch"
        job = next(job for job in admin.ok("GET", f"/asset/{asset['id']}/job-history")["items"] if job["jobType"] == "checksum")
        if status == "Available":
            assert job["status"] == "Succeeded" and job["error"] is None
        else:
            assert job["status"] == "Failed" and job["attempt"] == 1, "to hash the same bytes again would not help"
            assert job["error"]["code"] == "checksum-mismatch" and job["error"]["message"] == asset["error"]
            assert asset["error"] == "The received bytes do not have the checksum that was declared."


def test_cancel_takes_everything_away_and_may_be_repeated(admin, place):
    upload = admin.start_upload("cancelled.bin", 6 * MIB, parentId=place["id"], chunkSize=5 * MIB)
    admin.send_part(upload["parts"][0], b"c" * 5 * MIB)
    assert admin.get(f"/asset/{upload['assetId']}").status_code == 200
    assert admin.post(f"/asset/upload/{upload['id']}/cancel").status_code == 204
    assert admin.post(f"/asset/upload/{upload['id']}/cancel").status_code == 204
    assert admin.get(f"/asset/{upload['assetId']}").status_code == 404
    assert admin.post(f"/asset/upload/{upload['id']}/complete").status_code == 409
    assert admin.put_part(upload["parts"][1], b"c" * MIB).status_code == 409
    admin.upload("cancelled.bin", b"the name is free again", parentId=place["id"])


def test_a_taken_name_is_a_conflict_that_names_the_own_open_upload(admin, place):
    first = admin.start_upload("same.mov", 5, parentId=place["id"])
    answer = admin.post("/asset/upload/start", {"fileName": "same.mov", "fileSize": 5, "parentId": place["id"]})
    assert answer.status_code == 409
    assert answer.json()["uploadId"] == first["id"] and "Your own open upload" in answer.json()["detail"]
    assert answer.json()["replaceable"] is False
    user, writer = make_user(admin)
    grant(admin, user, place, "write")
    answer = writer.post("/asset/upload/start", {"fileName": "same.mov", "fileSize": 5, "parentId": place["id"]})
    assert answer.status_code == 409 and answer.json()["type"].endswith("name-taken") and "uploadId" not in answer.json()
    assert 'open upload by admin, begun at 20' in answer.json()["detail"] and '"same.mov"' in answer.json()["detail"]
    assert answer.json()["replaceable"] is False
    second = admin.start_upload("same.mov", 5, parentId=place["id"], onConflict="rename")
    assert admin.asset(second["assetId"])["displayName"] == "same (2).mov"


def test_a_taken_name_tells_whether_it_can_be_replaced(admin, place):
    def start(name, **more):
        return admin.post("/asset/upload/start", {"fileName": name, "fileSize": 5, "parentId": place["id"], **more})

    admin.upload("there.txt", b"there", parentId=place["id"])
    admin.folder(place["id"], "folder.mov")
    admin.ok("POST", f"/admin/asset/{place['id']}/create-placeholder", json={"displayName": "slot.mov"})
    for name, replaceable in [("there.txt", True), ("slot.mov", True), ("folder.mov", False)]:
        assert start(name).json()["replaceable"] is replaceable, name
        assert start(name, onConflict="replace").ok is replaceable, "it is so"


def test_replacing_keeps_the_old_content_until_the_new_is_ready(admin, place):
    asset = admin.upload("doc.txt", b"version one", parentId=place["id"])
    admin.wait_settled(asset["id"])
    old_url = admin.asset(asset["id"])["downloadUrl"]
    upload = admin.start_upload("doc.txt", 11, parentId=place["id"], onConflict="replace")
    assert upload["assetId"] == asset["id"]
    admin.send_part(upload["parts"][0], b"version two")
    admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    settled = admin.wait_settled(asset["id"])
    assert settled["version"] == 2 and settled["downloadUrl"] != old_url
    assert admin.get(settled["downloadUrl"]).content == b"version two"
    assert admin.get(old_url).content == b"version one", "running downloads and caches never mix"
    detail = admin.ok("GET", f"/asset/{asset['id']}/detail")
    assert [(v["version"], v["current"]) for v in detail["versions"]] == [(1, False), (2, True)]


def test_a_placeholder_keeps_its_id_and_metadata(admin, place):
    made = admin.ok("POST", f"/admin/asset/{place['id']}/create-placeholder",
                    json={"displayName": "to come.txt", "tags": ["later"], "customFields": {"scene": 7}})
    assert made["assetStatusName"] == "Placeholder" and made["downloadUrl"] is None
    upload = admin.start_upload("came.txt", 4, replacesAssetId=made["id"])
    admin.post(f"/asset/upload/{upload['id']}/cancel")
    assert admin.asset(made["id"])["assetStatusName"] == "Placeholder", "as it was before"
    upload = admin.start_upload("came.txt", 4, replacesAssetId=made["id"])
    admin.send_part(upload["parts"][0], b"here")
    admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    settled = admin.wait_settled(made["id"])
    assert (settled["displayName"], settled["fileName"], settled["tags"], settled["customFields"]) == ("to come.txt", "came.txt", ["later"], {"scene": 7})
    history = [h["toStatus"] for h in admin.ok("GET", f"/asset/{made['id']}/history")["items"]]
    assert "SlugReplaced" in history


def test_a_placeholder_is_of_the_type_that_its_name_says_and_then_of_the_file_s(admin, place):
    made = admin.ok("POST", f"/admin/asset/{place['id']}/create-placeholder", json={"displayName": "promised.mov"})
    assert (made["contentType"], made["mediaType"]) == ("video/quicktime", "video")
    renamed = admin.ok("PATCH", f"/asset/{made['id']}", json={"displayName": "promised.wav"})
    assert (renamed["mediaType"], admin.asset(made["id"])["mediaType"]) == ("audio", "audio")
    filled = admin.upload("really.txt", b"some text", replacesAssetId=made["id"])
    assert (filled["displayName"], filled["contentType"], filled["mediaType"]) == ("promised.wav", "text/plain", "document")
    # What holds content is what that is, whatever it is called.
    assert admin.ok("PATCH", f"/asset/{made['id']}", json={"displayName": "kept.png"})["contentType"] == "text/plain"
    said = admin.ok("POST", f"/admin/asset/{place['id']}/create-placeholder", json={"displayName": "said.mov"})
    filled = admin.upload("data.bin", b"a,b\n1,2\n", replacesAssetId=said["id"], contentType="text/csv")
    assert filled["contentType"] == "text/csv"


def test_bad_requests_name_every_field_at_once(admin):
    answer = admin.post("/asset/upload/start", {"fileName": "", "fileSize": -1, "parentId": "no uuid", "onConflict": "explode", "tags": "x"})
    assert answer.status_code == 400
    assert {e["pointer"] for e in answer.json()["errors"]} >= {"/fileName", "/fileSize", "/parentId", "/onConflict", "/tags"}
    answer = admin.post("/asset/upload/start", {"fileName": "a", "fileSize": "10", "chunkSize": 1, "checksum": "crc9:0", "languageCode": "e", "tags": ["", "ok"],
                                                "customFields": {"list": [1]}})
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/fileSize", "/chunkSize", "/checksum", "/languageCode", "/tags/0", "/customFields/list"}
    answer = admin.post("/asset/upload/start", {"fileName": "a", "fileSize": 10, "checksum": "crc9:0", "tags": [""], "customFields": {"list": [1]}})
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/checksum", "/tags/0", "/customFields/list"}
    for chunk in (1, 6 << 30):
        answer = admin.post("/asset/upload/start", {"fileName": "a", "fileSize": 10, "chunkSize": chunk})
        assert answer.json()["errors"][0]["pointer"] == "/chunkSize"


def test_names_from_clients_are_made_safe(admin, place):
    for given, kept in (("../../etc/passwd", "passwd"), ("C:\\Users\\me\\clip.mov", "clip.mov"), ("\U0001F3AC \u05e1\u05e8\u05d8.txt", "\U0001F3AC \u05e1\u05e8\u05d8.txt")):
        asset = admin.upload(given, b"x", parentId=place["id"])
        assert asset["displayName"] == kept


def test_open_uploads_can_be_listed_and_resumed(admin, place):
    content = noise(6 * MIB)
    upload = admin.start_upload("resume.bin", len(content), parentId=place["id"], chunkSize=5 * MIB)
    admin.send_part(upload["parts"][0], content[:5 * MIB])
    mine = [u for u in admin.ok("GET", "/asset/upload?pageSize=500")["items"] if u["id"] == upload["id"]]
    assert mine and mine[0]["completedParts"] == 1 and mine[0]["fileName"] == "resume.bin"
    again = admin.ok("GET", f"/asset/upload/{upload['id']}")
    for part in again["parts"]:
        if not part["isCompleted"]:
            admin.send_part(part, content[part["offset"]:part["offset"] + part["length"]])
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    assert admin.get(asset["downloadUrl"]).content == content


def test_uploads_survive_a_restart(own_server):
    admin = own_server.admin()
    content = noise(6 * MIB)
    upload = admin.start_upload("restart.bin", len(content), chunkSize=5 * MIB)
    admin.send_part(upload["parts"][0], content[:5 * MIB])
    own_server.kill()
    own_server.start()
    admin = own_server.admin()
    again = admin.ok("GET", f"/asset/upload/{upload['id']}")
    assert [p["isCompleted"] for p in again["parts"]] == [True, False]
    admin.send_part(again["parts"][1], content[5 * MIB:])
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    own_server.kill()
    own_server.start()
    admin = own_server.admin()
    assert admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})["id"] == asset["id"]
    assert admin.get(admin.asset(asset["id"])["downloadUrl"]).content == content


def test_the_client_goes_on_with_the_same_file_alone(server, admin, place, tmp_path):
    """Of equal name and size, and begun earlier: what was sent of the one must not become the beginning of the other."""
    old, new = b"o" * 12 * MIB, b"o" * MIB + b"n" * 11 * MIB
    begun = admin.start_upload("same.bin", len(old), parentId=place["id"])
    first = begun["parts"][0]
    admin.send_part(first, old[:first["length"]])
    assert admin.ok("GET", f"/asset/upload/{begun['id']}")["parts"][0]["etag"]
    path = tmp_path / "same.bin"

    def client(content):
        path.write_bytes(content)
        done = subprocess.run([program(), "upload", str(path), "--to", place["id"], "--server", server.url, "--quiet", "--on-conflict", "rename"],
                              env={**os.environ, "REELVAULT_PASSWORD": PASSWORD}, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return admin.asset(done.stdout.split()[0])

    other = client(new)
    assert admin.get(other["downloadUrl"]).content == new
    assert admin.ok("GET", f"/asset/upload/{begun['id']}")["status"] == "Open"
    same = client(old)
    assert same["id"] == begun["assetId"] and admin.get(same["downloadUrl"]).content == old


def test_the_client_signs_in_anew_when_its_token_is_refused(server, admin, place, tmp_path):
    """As it is after a quarter of an hour of one large file: here every session is ended, again and again."""
    name = f"lapsing-{uuid.uuid4().hex[:8]}"
    user = admin.ok("POST", "/admin/user", json={"username": name, "password": PASSWORD, "role": "editor"})
    admin.ok("POST", "/admin/grant", json={"userId": user["id"], "assetId": place["id"], "permission": "write"})
    for number in range(150):
        (tmp_path / f"{number}.txt").write_text(str(number))
    command = [program(), "upload", *map(str, tmp_path.iterdir()), "--to", place["id"], "--server", server.url, "--user", name, "--quiet"]
    client = subprocess.Popen(command, env={**os.environ, "REELVAULT_PASSWORD": PASSWORD}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ended = 0
    while client.poll() is None:
        arrived = admin.ok("GET", f"/asset/{place['id']}/children")["totalItemCount"]
        if arrived > 20 * ended + 5 and ended < 5:
            admin.ok("PATCH", f"/admin/user/{user['id']}", json={"password": PASSWORD})
            ended += 1
    assert client.returncode == 0 and ended > 2, client.communicate()
    assert admin.ok("GET", f"/asset/{place['id']}/children")["totalItemCount"] == 150


def test_the_client_does_not_wait_at_a_pipe(server, place, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    done = subprocess.run([program(), "upload", str(tmp_path / "pipe"), "--to", place["id"], "--server", server.url],
                          env={**os.environ, "REELVAULT_PASSWORD": PASSWORD}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "This is not a file" in done.stderr


def test_the_client_begins_anew_when_told_to(server, admin, place, tmp_path):
    begun = admin.start_upload("anew.bin", 12 * MIB, parentId=place["id"])
    path = tmp_path / "anew.bin"
    path.write_bytes(b"another")
    command = [program(), "upload", str(path), "--to", place["id"], "--server", server.url, "--quiet"]
    environment = {**os.environ, "REELVAULT_PASSWORD": PASSWORD}
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert refused.returncode == 1 and "--restart" in refused.stderr
    done = subprocess.run([*command, "--restart"], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert admin.get(admin.asset(done.stdout.split()[0])["downloadUrl"]).content == b"another"
    assert admin.get(f"/asset/upload/{begun['id']}").json().get("status") != "Open"


def test_the_client_trusts_a_certificate_that_it_is_given(tmp_path):
    certificate, key = tmp_path / "own.pem", tmp_path / "own.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-out", str(certificate), "-keyout", str(key)], check=True, capture_output=True)
    path = tmp_path / "doc.txt"
    path.write_bytes(b"over TLS")
    server = Server(settings={"http.tls_certificate": str(certificate), "http.tls_key": str(key), "worker.token": "a token of some length"})
    worker = None
    try:
        server.launch()
        command = [program(), "upload", str(path), "--server", f"https://localhost:{server.port}", "--quiet"]
        environment = {**os.environ, "REELVAULT_PASSWORD": PASSWORD}
        deadline = time.monotonic() + 60
        while True:
            done = subprocess.run([*command, "--ca-file", str(certificate)], env=environment, capture_output=True, text=True, timeout=120)
            if done.returncode == 0 or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        assert done.returncode == 0, done.stderr
        strange = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert strange.returncode == 1 and "SSL" in strange.stderr
        # So does a worker on another machine.
        settings = {"REELVAULT_WORKER_SERVER_URL": f"https://localhost:{server.port}", "REELVAULT_WORKER_TOKEN": "a token of some length",
                    "REELVAULT_WORKER_CA_FILE": str(certificate), "REELVAULT_DATA_DIR": str(tmp_path / "worker"), "REELVAULT_SANDBOX": "off"}
        worker = subprocess.Popen([program(), "worker", "--id", "elsewhere"], env={k: v for k, v in os.environ.items() if not k.startswith("REELVAULT_")} | settings,
                                  cwd=tmp_path, stderr=subprocess.PIPE)
        admin = Api(f"https://localhost:{server.port}")
        admin.session.verify = str(certificate)
        admin.login("admin", PASSWORD)
        admin.wait(lambda: "elsewhere" in admin.get("/admin/worker").text, 30)
    finally:
        if worker:
            worker.kill()
            worker.communicate()
        server.close()
