"""Just enough of S3 for what the test's S3 server (Swift) does not know: storage classes. Objects of GLACIER and
DEEP_ARCHIVE are not read before they were thawed by RestoreObject, which the test decides. Payloads are compared with
their x-amz-content-sha256, as S3 does; signatures are not looked at, nor is anything else that Swift is there for.
"""
import hashlib
import http.server
import re
import threading
import urllib.parse
import uuid

COLD = ("GLACIER", "DEEP_ARCHIVE")


class ColdS3:
    def __init__(self):
        self.objects = {}  # "bucket/key": {"bytes", "class", "restore": None | "ongoing" | "done", "tier"}
        self.uploads = {}
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"store": self}))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def thaw(self):
        """What was asked for is readable now; the tiers that were named."""
        with self.lock:
            asked = [found for found in self.objects.values() if found["restore"] == "ongoing"]
            for found in asked:
                found["restore"] = "done"
            return [found["tier"] for found in asked]

    def of_class(self, name):
        with self.lock:
            return [found["bytes"] for found in self.objects.values() if found["class"] == name]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store = None

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def fail(self, status, code):
        self.answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode(), Content_Type="application/xml")

    def split(self):
        parts = urllib.parse.urlsplit(self.path)
        return urllib.parse.unquote(parts.path.lstrip("/")), dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))

    def body(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        declared = self.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
        if declared != "UNSIGNED-PAYLOAD" and hashlib.sha256(body).hexdigest() != declared:
            self.fail(400, "XAmzContentSHA256Mismatch")
            return None
        return body

    def put(self, key, content, storage_class):
        self.store.objects[key] = {"bytes": content, "class": storage_class or "STANDARD", "restore": None, "tier": None}

    def do_PUT(self):
        key, query = self.split()
        body = self.body()
        if body is None:
            return
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        with self.store.lock:
            if "uploadId" in query:
                upload = self.store.uploads.get(query["uploadId"])
                if upload is None:
                    return self.fail(404, "NoSuchUpload")
                upload["parts"][int(query["partNumber"])] = body
            elif "/" in key:
                self.put(key, body, self.headers.get("x-amz-storage-class"))
        self.answer(200, ETag=etag)

    def do_POST(self):
        key, query = self.split()
        body = self.body()
        if body is None:
            return
        with self.store.lock:
            if "uploads" in query:
                upload = uuid.uuid4().hex
                self.store.uploads[upload] = {"class": self.headers.get("x-amz-storage-class"), "parts": {}}
                return self.answer(200, f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode())
            if "uploadId" in query:
                upload = self.store.uploads.pop(query["uploadId"], None)
                if upload is None:
                    return self.fail(404, "NoSuchUpload")
                self.put(key, b"".join(content for _, content in sorted(upload["parts"].items())), upload["class"])
                return self.answer(200, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
            found = self.store.objects.get(key)
            if "restore" in query and found:
                if found["restore"] == "ongoing":
                    return self.fail(409, "RestoreAlreadyInProgress")
                found["restore"] = "ongoing"
                found["tier"] = re.search(rb"<Tier>(\w+)</Tier>", body).group(1).decode()
                return self.answer(202)
        return self.fail(404, "NoSuchKey")

    def do_GET(self):
        key, query = self.split()
        with self.store.lock:
            if "uploadId" in query:
                upload = self.store.uploads.get(query["uploadId"])
                if upload is None:
                    return self.fail(404, "NoSuchUpload")
                parts = "".join(f'<Part><PartNumber>{number}</PartNumber><ETag>"{hashlib.md5(content).hexdigest()}"</ETag><Size>{len(content)}</Size></Part>'
                                for number, content in sorted(upload["parts"].items()))
                return self.answer(200, f"<ListPartsResult>{parts}<IsTruncated>false</IsTruncated></ListPartsResult>".encode())
            found = self.store.objects.get(key)
            if found is None:
                return self.fail(404, "NoSuchKey")
            headers = {"ETag": f'"{hashlib.md5(found["bytes"]).hexdigest()}"', "Last_Modified": "Fri, 27 Nov 2026 02:00:00 GMT"}
            if found["class"] != "STANDARD":
                headers["x_amz_storage_class"] = found["class"]
            if found["restore"]:
                headers["x_amz_restore"] = 'ongoing-request="true"' if found["restore"] == "ongoing" else 'ongoing-request="false", expiry-date="Mon, 30 Nov 2026 00:00:00 GMT"'
            content = found["bytes"]
            if self.command == "HEAD":
                return self.answer(200, Content_Length=str(len(content)), **headers)
            if found["class"] in COLD and found["restore"] != "done":
                return self.fail(403, "InvalidObjectState")
        wanted = re.match(r"bytes=(\d+)-(\d*)$", self.headers.get("Range", ""))
        if not wanted:
            return self.answer(200, content, **headers)
        first, last = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
        if first >= len(content):
            return self.fail(416, "InvalidRange")
        return self.answer(206, content[first:last + 1], Content_Range=f"bytes {first}-{last}/{len(content)}", **headers)

    do_HEAD = do_GET

    def do_DELETE(self):
        key, query = self.split()
        with self.store.lock:
            if "uploadId" in query:
                self.store.uploads.pop(query["uploadId"], None)
            else:
                self.store.objects.pop(key, None)
        self.answer(204)
