"""The load, the same for both sides: uploads leave a file by sendfile, downloads are read and dropped, many small
requests come from wrk. Python touches headers only, so that the servers and not the client are measured."""
import os
import re
import socket
import subprocess
import threading
import time


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=600)
        self.socket.settimeout(None)  # with a time limit sendfile would not wait
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ahead = b""
        self.buffer = bytearray(1 << 20)

    def close(self):
        self.socket.close()

    def _head(self, method, target, headers, length):
        lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in (headers or {}).items())]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _answer(self):
        """Status, headers; the body stays unread."""
        while b"\r\n\r\n" not in self.ahead:
            more = self.socket.recv(65536)
            if not more:
                raise RuntimeError("the server closed the connection")
            self.ahead += more
        head, self.ahead = self.ahead.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        return int(first.split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}

    def _body(self, length):
        while len(self.ahead) < length:
            self.ahead += self.socket.recv(65536)
        body, self.ahead = self.ahead[:length], self.ahead[length:]
        return body

    def request(self, method, target, headers=None, body=None):
        self.socket.sendall(self._head(method, target, headers, None if body is None else len(body)) + (body or b""))
        status, answer = self._answer()
        return status, answer, self._body(int(answer.get("content-length", 0)))

    def put_file(self, target, file, offset, length, headers=None):
        """PUTs `length` bytes of a descriptor."""
        self.socket.sendall(self._head("PUT", target, headers, length))
        end = offset + length
        while offset < end:
            offset += os.sendfile(self.socket.fileno(), file, offset, end - offset)
        status, answer = self._answer()
        self._body(int(answer.get("content-length", 0)))
        return status, answer

    def download(self, target, headers=None):
        """Reads a whole answer and drops it; gives its size."""
        self.socket.sendall(self._head("GET", target, headers, None))
        status, answer = self._answer()
        if status not in (200, 206):
            raise RuntimeError(f"GET {target}: {status}")
        size = int(answer["content-length"])
        left, self.ahead = size - len(self.ahead), b""
        while left > 0:
            got = self.socket.recv_into(self.buffer, min(left, len(self.buffer)))
            if got == 0:
                raise RuntimeError("the server closed the connection")
            left -= got
        return size


def in_parallel(connections, work, items):
    """work(connection number, item) for every item, as many at a time as there are connections."""
    left, lock, failures = list(reversed(items)), threading.Lock(), []

    def take(number):
        while not failures:
            with lock:
                if not left:
                    return
                item = left.pop()
            try:
                work(number, item)
            except Exception as failure:  # shown by whoever called
                failures.append(failure)
    threads = [threading.Thread(target=take, args=(n,)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def wrk(port, target, headers=None, connections=64, seconds=5):
    """Requests a second and their number."""
    words = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s"]
    for name, value in (headers or {}).items():
        words += ["-H", f"{name}: {value}"]
    text = subprocess.run([*words, f"http://127.0.0.1:{port}{target}"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk of {target}:\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), int(re.search(r"(\d+) requests in", text)[1])


def wait_for_answer(port, target, deadline_s=60):
    """Asks until the first 200."""
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        try:
            connection = Connection(port)
            status, _, _ = connection.request("GET", target)
            connection.close()
            if status == 200:
                return
        except (OSError, RuntimeError):
            pass
        time.sleep(0.002)
    raise RuntimeError("no answer")
