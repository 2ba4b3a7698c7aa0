"""The limit on wrong passwords, by account and by address, behind reverse proxies too (api.md 2)."""
import uuid

import pytest
import requests
from reelvault_server import PASSWORD, Server

from conftest import DATABASES


def log_in(server, name, password="wrong", **headers):
    return requests.post(server.url + "/account/login", json={"username": name, "password": password},
                         headers={k.replace("_", "-"): v for k, v in headers.items()})


def exhaust(server, **headers):
    """Three wrong passwords, each for another account, from one address."""
    return [log_in(server, uuid.uuid4().hex, **headers).status_code for _ in range(3)]


@pytest.mark.parametrize("database", DATABASES)
def test_behind_a_trusted_proxy_the_clients_address_counts(database):
    with Server(database, {"auth.login_attempts": "3", "http.trusted_proxies": "127.0.0.0/8, 10.0.0.0/8"}) as server:
        bad, good = "203.0.113.7", "203.0.113.8"
        assert exhaust(server, X_Forwarded_For=bad) == [401] * 3
        closed = log_in(server, "admin", PASSWORD, X_Forwarded_For=f"{good}, {bad}, 10.1.1.1")
        assert closed.status_code == 429 and int(closed.headers["Retry-After"]) > 0, "what the client writes itself does not help"
        assert log_in(server, "admin", PASSWORD, X_Forwarded_For=good).status_code == 200
        assert log_in(server, "admin", PASSWORD, X_Forwarded_For=good, Forwarded=f"for={bad}").status_code == 200, "the other field is not looked at"
        assert exhaust(server, X_Forwarded_For="2001:db8:1:2::1") == [401] * 3
        assert log_in(server, "admin", PASSWORD, X_Forwarded_For="2001:db8:1:2:ffff::9").status_code == 429, "of IPv6 the /64"


def test_without_one_nobody_chooses_an_address():
    with Server(settings={"auth.login_attempts": "3"}) as server:
        for i in range(3):
            assert log_in(server, uuid.uuid4().hex, X_Forwarded_For=f"203.0.113.{i}").status_code == 401
        assert log_in(server, "admin", PASSWORD, X_Forwarded_For="203.0.113.9").status_code == 429


def test_the_program_refuses_a_proxy_that_is_none():
    with pytest.raises(RuntimeError, match="trusted_proxies"):
        Server(settings={"http.trusted_proxies": "proxy.example"}).start()
