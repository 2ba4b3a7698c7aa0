"""A bucket on an S3 store (../shared/services/s3-server speaks the real protocol): parts go straight to the store by its
own pre-signed addresses, and what is there is processed, served and removed like anything else. Also metrics.port.
"""
import contextlib
import http.client
import os
import subprocess
import time
import uuid

import pytest
import requests
from link import Link
from reelvault_server import PASSWORD, Api, Server, free_port, noise, program

MIB = 1 << 20


def fresh_bucket():
    """The object store's address, and the name of an empty bucket there."""
    endpoint = os.environ.get("REELVAULT_TEST_S3")
    if not endpoint:
        pytest.skip("REELVAULT_TEST_S3 is not set")
    bucket = "reelvault-" + uuid.uuid4().hex[:8]
    make_bucket(endpoint, bucket)
    return endpoint, bucket


@pytest.fixture(scope="module")
def on_s3(tmp_path_factory):
    endpoint, bucket = fresh_bucket()
    folder = tmp_path_factory.mktemp("s3")
    config = configured(folder, endpoint, bucket)
    server = Server("sqlite", settings={"watch.interval_s": "1"})
    server.config = config
    server.endpoint, server.bucket = endpoint, bucket
    server.metrics_port = free_port()
    server.settings["metrics.port"] = server.metrics_port
    server.arguments = ["--config", str(config)]
    with server:
        yield server


def configured(folder, endpoint, bucket, store="cloud"):
    config = folder / "reelvault.toml"
    config.write_text(f"""[stores.{store}]
kind = "s3"
endpoint = "{endpoint}"
region = "us-east-1"
bucket = "{bucket}"
access_key = "test:tester"
secret_key = "testing"
path_style = "true"
""")
    return config


def make_bucket(endpoint, bucket):
    store_put(endpoint, f"/{bucket}")


def store_put(endpoint, path, content=b"", patience=120):
    """PUT of what another program would put there, signed by hand, the path as it is. A store that asks for it (503) is
    asked again: Swift leaves a backend alone for a minute that a loaded machine kept from answering."""
    import datetime
    import hashlib
    import hmac
    host = endpoint.split("://")[1]
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    digest = hashlib.sha256(content).hexdigest()
    canonical = f"PUT\n{path}\n\nhost:{host}\nx-amz-content-sha256:{digest}\nx-amz-date:{stamp}\n\nhost;x-amz-content-sha256;x-amz-date\n{digest}"
    scope = f"{day}/us-east-1/s3/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4testing"
    for part in (day, "us-east-1", "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    with contextlib.closing(http.client.HTTPConnection(host)) as connection:
        connection.request("PUT", path, body=content, headers={
            "x-amz-date": stamp, "x-amz-content-sha256": digest,
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test:tester/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}"})
        answer = connection.getresponse()
        text = answer.read()
    if answer.status == 503 and patience > 0:
        time.sleep(2)
        return store_put(endpoint, path, content, patience - 2)
    assert answer.status == 200, text


@pytest.fixture(scope="module")
def cloud(on_s3):
    admin = on_s3.admin()
    return admin.ok("POST", "/admin/bucket", json={"name": "cloud", "store": "cloud"})


def test_parts_go_straight_to_the_store(on_s3, cloud):
    admin = on_s3.admin()
    content = noise(6 * MIB + 5)
    upload = admin.start_upload("cloud.bin", len(content), parentId=cloud["id"], chunkSize=5 * MIB)
    assert all(p["uploadUrl"].startswith(os.environ["REELVAULT_TEST_S3"]) for p in upload["parts"])
    first, second = upload["parts"]
    admin.send_part(first, content[:5 * MIB])
    assert admin.post(f"/asset/upload/part/{second['id']}/complete", {"etag": "x"}).status_code == 409
    assert admin.post(f"/asset/upload/{upload['id']}/complete").json()["missingParts"] == [2]
    admin.send_part(second, content[5 * MIB:])
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    assert admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})["id"] == asset["id"]
    got = admin.get(asset["downloadUrl"])
    assert got.content == content
    assert admin.get(asset["downloadUrl"], headers={"Range": "bytes=5242870-5242889"}).content == content[5242870:5242890]
    assert admin.wait_settled(asset["id"])["assetStatusName"] == "Available"


def test_a_film_in_the_cloud_is_processed_and_served(on_s3, cloud, tmp_path):
    admin = on_s3.admin()
    film = tmp_path / "film.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
                    "yuv420p", str(film)], check=True)
    asset = admin.wait_settled(admin.upload_file(film, parentId=cloud["id"])["id"])
    assert asset["assetStatusName"] == "Available", asset["error"]
    assert admin.get(asset["streamUrl"]).text.startswith("#EXTM3U")
    assert admin.get(asset["thumbnailUrl"]).headers["Content-Type"].startswith("image/")


def test_an_empty_file_in_the_cloud(on_s3, cloud):
    admin = on_s3.admin()
    upload = admin.start_upload("empty.bin", 0, parentId=cloud["id"])
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    answer = admin.get(asset["downloadUrl"])
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("other", [b"o" * 7, b"o" * 8], ids=["as long", "longer"])
def test_what_is_put_together_is_what_was_confirmed(on_s3, cloud, other):
    admin = on_s3.admin()
    content = noise(5 * MIB) + b"the end"
    upload = admin.start_upload(f"again {len(other)}.bin", len(content), parentId=cloud["id"], chunkSize=5 * MIB)
    for part in upload["parts"]:
        admin.send_part(part, content[part["offset"]:part["offset"] + part["length"]])
    last = upload["parts"][1]
    assert admin.put_part(last, other).status_code == 200, "the store knows nothing of our confirmations"
    answer = admin.post(f"/asset/upload/{upload['id']}/complete")
    assert (answer.status_code, answer.json()["missingParts"]) == (409, [2])
    admin.send_part(last, b"the end")
    asset = admin.ok("POST", f"/asset/upload/{upload['id']}/complete", json={})
    assert admin.get(asset["downloadUrl"]).content == content


def link_to(endpoint):
    return Link(*endpoint.split("://")[1].split(":"))


def test_a_store_that_was_away_is_tidied_later(tmp_path):
    endpoint, bucket = fresh_bucket()
    link = link_to(endpoint)
    server = Server("sqlite", settings={"storage.sweep_grace_s": "2"})
    server.arguments = ["--config", str(configured(tmp_path, f"http://127.0.0.1:{link.port}", bucket))]
    with server:
        admin = server.admin()
        cloud = admin.ok("POST", "/admin/bucket", json={"name": "cloud", "store": "cloud"})
        asset = admin.upload("kept.bin", noise(1000), parentId=cloud["id"])
        upload = admin.start_upload("gone.bin", 5 * MIB, parentId=cloud["id"])
        direct = upload["parts"][0]["uploadUrl"]
        assert requests.put(direct, data=b"g" * 5 * MIB).status_code == 200
        link.break_off()
        answer = admin.get(asset["downloadUrl"])
        assert (answer.status_code, answer.json()["type"]) == (503, "store-unavailable")
        assert admin.post(f"/asset/upload/{upload['id']}/cancel").status_code == 204
        link.cut = False
        admin.wait(lambda: requests.put(direct, data=b"g" * 5 * MIB).status_code == 404, 30)
        assert admin.get(asset["downloadUrl"]).status_code == 200


def test_cancelling_leaves_nothing_in_the_store(on_s3, cloud):
    admin = on_s3.admin()
    upload = admin.start_upload("gone.bin", 5 * MIB, parentId=cloud["id"])
    assert admin.put_part(upload["parts"][0], b"g" * 5 * MIB).status_code == 200
    assert admin.post(f"/asset/upload/{upload['id']}/cancel").status_code == 204
    assert admin.put_part(upload["parts"][0], b"g" * 5 * MIB).status_code == 404, "the store itself knows of it no more"


def test_objects_that_no_path_can_name_are_told_of(on_s3):
    """By the list of a bucket's objects, by an import and by watching alike."""
    admin = on_s3.admin()
    prefix = "taken-" + uuid.uuid4().hex[:8]
    reasons = {}
    for key, reason in (("a//b.txt", "The object key has an empty component."),
                        ("a/../b.txt", 'The object key must not have "." or ".." as a component.'),
                        ("a/./b.txt", 'The object key must not have "." or ".." as a component.')):
        store_put(on_s3.endpoint, f"/{on_s3.bucket}/{prefix}/{key}", b"some text")
        reasons[key] = reason
    store_put(on_s3.endpoint, f"/{on_s3.bucket}/{prefix}/a/fine.txt", b"some text")
    store_put(on_s3.endpoint, f"/{on_s3.bucket}/{prefix}/a/", b"")  # a folder, as other tools make them
    bucket = admin.ok("POST", "/admin/bucket", json={"name": prefix, "store": "cloud", "prefix": prefix})
    failed, token = 0, ""
    while token is not None:
        page = admin.ok("GET", f"/admin/bucket/{bucket['id']}/object?pageSize=1&pageToken={token}")
        failed, token = failed + page["failedCount"], page["nextPageToken"]
    assert failed == 3
    page = admin.ok("GET", f"/admin/bucket/{bucket['id']}/object")
    assert {f["objectKey"]: f["error"] for f in page["failures"]} == reasons
    assert (page["listedCount"], page["ignoredCount"], page["failedCount"]) == (1, 0, 3)
    done = subprocess.run([program(), "import", ".", "--bucket", prefix, "--server", on_s3.url, "--no-processing"],
                          env={**os.environ, "REELVAULT_PASSWORD": PASSWORD}, capture_output=True, text=True)
    assert done.returncode == 1
    for key, reason in reasons.items():
        assert (done.stdout + done.stderr).count(f"  {key}: {reason}\n") == 1
    admin.ok("PATCH", f"/admin/bucket/{bucket['id']}", json={"watched": True})
    admin.wait(lambda: {f["objectKey"]: f["error"] for f in admin.ok("GET", f"/admin/bucket/{bucket['id']}/watch")["failures"]} == reasons)
    admin.ok("PATCH", f"/admin/bucket/{bucket['id']}", json={"watched": False})


def test_an_upload_ends_with_the_folder_that_it_was_to_go_into(tmp_path):
    endpoint, bucket = fresh_bucket()
    # No orphan is old enough to be looked for: it is the upload itself that the store is told of.
    server = Server("sqlite", settings={"storage.sweep_grace_s": "8"})
    server.arguments = ["--config", str(configured(tmp_path, endpoint, bucket))]
    with server:
        admin = server.admin()
        cloud = admin.ok("POST", "/admin/bucket", json={"name": "cloud", "store": "cloud"})
        folder = admin.folder(cloud["id"], "folder")
        upload = admin.start_upload("gone.bin", 5 * MIB, parentId=folder["id"])
        direct = upload["parts"][0]["uploadUrl"]
        assert requests.put(direct, data=b"g" * 5 * MIB).status_code == 200
        admin.ok("POST", "/admin/asset/Delete", json={"targetIds": [folder["id"]]})
        assert admin.ok("GET", "/asset/upload")["items"] == []
        assert admin.ok("GET", f"/asset/upload/{upload['id']}")["status"] == "Cancelled"
        answer = admin.post(f"/asset/upload/{upload['id']}/complete")
        assert (answer.status_code, answer.json()["type"]) == (409, "upload-cancelled")
        admin.wait(lambda: requests.put(direct, data=b"g" * 5 * MIB).status_code == 404, 30)


def test_metrics_have_a_port_of_their_own(on_s3):
    assert "# TYPE" in requests.get(f"http://127.0.0.1:{on_s3.metrics_port}/metrics").text
    assert Api(f"http://127.0.0.1:{on_s3.metrics_port}").get("/asset/roots").status_code == 404


def test_a_store_that_says_nothing_is_a_503_within_a_minute(tmp_path):
    endpoint, bucket = fresh_bucket()
    link = link_to(endpoint)
    server = Server("sqlite")
    server.arguments = ["--config", str(configured(tmp_path, f"http://127.0.0.1:{link.port}", bucket, "local"))]
    with contextlib.closing(link), server:
        admin = server.admin()
        content = noise(1000)
        asset = admin.wait_done(admin.upload("held.bin", content)["id"])
        link.swallows = True
        try:
            answer = admin.get(asset["downloadUrl"], timeout=55)
            assert (answer.status_code, answer.json()["type"]) == (503, "store-unavailable")
            assert answer.headers["Retry-After"]
        finally:
            link.swallows = False
        assert admin.get(asset["downloadUrl"]).content == content
