"""The way from the program to what it needs, a database or a store: it can be cut, or swallow what is sent."""
import contextlib
import socket
import threading


class Link:
    """Hands bytes on in both directions. `cut`: takes no connection any more. `swallows`: takes bytes and hands on none."""

    def __init__(self, host, port):
        self.to, self.cut, self.swallows, self.sockets = (host, int(port)), False, False, set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.cut:
                near.close()
                continue
            far = socket.create_connection(self.to)
            self.sockets |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    def carry(self, one, other):
        with contextlib.suppress(OSError):
            while block := one.recv(1 << 16):
                if not self.swallows:
                    other.sendall(block)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def break_off(self):
        self.cut = True
        for each in list(self.sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()
        self.break_off()
