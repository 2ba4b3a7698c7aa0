"""Who speaks HTTPS to a plain port, or plain HTTP to a port of TLS, is told so at once, in words that can be read."""
import json
import socket
import ssl
import subprocess
import time

import pytest
from reelvault_server import Server


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "own.pem", folder / "own.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                    "-out", str(certificate), "-keyout", str(key)], check=True, capture_output=True)
    server = Server(settings={"http.tls_certificate": str(certificate), "http.tls_key": str(key)})
    server.launch()
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", server.port), timeout=10).close()
                break
            except OSError:
                assert time.monotonic() < deadline, server.log()
                time.sleep(0.05)
        yield server
    finally:
        server.close()


def exchange(port, sent):
    """All that comes until the server ends the connection, which it must do soon."""
    with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
        connection.sendall(sent)
        got = b""
        while block := connection.recv(4096):
            got += block
        return got


def problem(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"application/problem+json" in head and b"Connection: close" in head, answer
    return json.loads(body)


@pytest.mark.parametrize("sent", [b"\x16", bytes.fromhex("1603010200010001fc0303")])
def test_the_beginning_of_tls_is_answered_at_once_by_a_plain_port(server, sent):
    told = problem(exchange(server.port, sent))
    assert told["type"] == "http-required" and "plain HTTP" in told["detail"]


def test_a_client_of_tls_gives_up_at_once_at_a_plain_port(server):
    context = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", server.port), timeout=3) as connection, pytest.raises(ssl.SSLError):
        context.wrap_socket(connection, server_hostname="localhost")


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE", "OPTIONS"])
def test_plain_http_is_answered_at_once_by_a_port_of_tls(tls, method):
    told = problem(exchange(tls.port, f"{method} /readyz HTTP/1.1\r\nHost: a\r\n\r\n".encode()))
    assert told["type"] == "https-required" and "HTTPS" in told["detail"]


def test_a_single_letter_is_enough(tls):
    assert problem(exchange(tls.port, b"G"))["type"] == "https-required"
