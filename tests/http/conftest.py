import os
import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from reelvault_server import Api, Server  # noqa: E402

DATABASES = ["sqlite"] + (["postgres"] if os.environ.get("REELVAULT_TEST_POSTGRES") else [])


def audit_knows_what_it_wrote(admin):
    """Every operation that the tests left in the audit can be asked for: audit/operations.hpp is whole."""
    written, token = set(), None
    for _ in range(40):
        page = admin.ok("GET", "/admin/audit", params={"pageSize": 500, **({"pageToken": token} if token else {})})
        written |= {item["operation"] for item in page["items"]}
        token = page["nextPageToken"]
        if not token:
            break
    for operation in written:
        assert admin.get("/admin/audit", params={"operation": operation, "pageSize": 1}).status_code == 200, operation


@pytest.fixture(scope="session", params=DATABASES)
def server(request):
    """One server for all tests of one database; tests keep to folders of their own."""
    with Server(request.param) as running:
        yield running
        audit_knows_what_it_wrote(running.admin())
        # Were it to fall by itself, its last words would go with it.
        assert running.process.poll() is None, f"the server ended with {running.process.poll()}:\n{running.log()[-8000:]}"


@pytest.fixture
def admin(server):
    """A session of this test's own Api. Signing in costs a tenth of a second of argon2id, so that one sign-in serves for
    minutes, unless a test has ended it."""
    token, since = getattr(server, "signed_in", (None, 0))
    api = Api(server.url, token)
    if not token or time.monotonic() - since > 400 or api.get("/account/user").status_code != 200:
        api = server.admin()
        server.signed_in = (api.session.headers["Authorization"].removeprefix("Bearer "), time.monotonic())
    return api


@pytest.fixture
def place(admin, request):
    """A folder for this test alone."""
    import uuid
    return admin.folder(admin.root()["id"], f"{request.node.name[:80]} {uuid.uuid4().hex[:6]}".replace("/", "-"))


@pytest.fixture(params=DATABASES)
def own_server(request):
    """A server that the test may stop, kill and start again."""
    with Server(request.param) as running:
        yield running
