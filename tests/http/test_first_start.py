"""The first start of an installation: its first user's password is held to what every password is held to."""
from conftest import DATABASES
from reelvault_server import Api, Server

import pytest


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("password", ["short", "1234567"])
def test_a_first_password_that_is_too_short_is_refused_by_the_name_of_its_variable(database, password):
    server = Server(database, settings={"admin.password": password})
    try:
        server.launch()
        assert server.process.wait(60) == 1
        said = server.log()
        assert "REELVAULT_ADMIN_PASSWORD" in said and "must have at least 8 characters" in said and password not in said
        server.settings["admin.password"] = "long enough"
        server.start()
        Api(server.url).login("admin", "long enough")
        # It matters at the first start alone.
        server.stop()
        server.settings["admin.password"] = password
        server.start()
        Api(server.url).login("admin", "long enough")
    finally:
        server.close()
