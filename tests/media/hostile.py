#!/usr/bin/python3 -IB
"""A decoder that was taken over. It stands in for ffmpeg, ignores its arguments, and tries what it must not be able to
do; for each attempt it prints a line to standard error: "NAME: refused (why)" or "NAME: SUCCEEDED".

A sandbox shows it nothing but itself, so what it should attack is the last line of its own text, a comment that the
test appends to a copy of this file:
# {"attempts": ["socket", "read", …], "read": ["/path", …], "write": ["/path", …], "process": 123}
"""
import ctypes
import json
import mmap
import os
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def open_socket(_):
    import socket
    with socket.socket() as connection:
        connection.settimeout(2)
        connection.connect(("127.0.0.1", 22))


def read_files(targets):
    for path in targets["read"]:
        with open(path, "rb") as file:
            file.read(1)
            return


def write_files(targets):
    for path in targets["write"]:
        with open(path, "wb") as file:
            file.write(b"x")


def link_out(targets):
    os.symlink(targets["read"][0], "linked")


def fork_bomb(_):
    for _ in range(10):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)


def trace(targets):
    call("ptrace", 16, targets["process"], None, None)


def signal(targets):
    os.kill(targets["process"], 0)


def private_memory(_):
    held = []
    while True:
        held.append(bytearray(b"x" * (16 << 20)))


def shared_memory(_):
    held = []
    while True:
        block = mmap.mmap(-1, 16 << 20)
        for at in range(0, len(block), 4096):
            block[at] = 1
        held.append(block)


def one_large_file(_):
    with open("large", "wb") as file:
        while True:
            file.write(b"x" * (1 << 20))


def many_files(_):
    for number in range(1 << 30):
        with open(f"file{number}", "wb") as file:
            file.write(b"x" * (1 << 20))


def spin(_):
    while True:
        pass


def sleep(_):
    while True:
        time.sleep(1)


def chatter(_):
    while True:
        sys.stdout.write("frame=0\nprogress=continue\n")
        sys.stdout.flush()
        time.sleep(0.01)


ATTEMPTS = {"socket": open_socket, "read": read_files, "write": write_files, "link": link_out, "fork": fork_bomb,
            "ptrace": trace, "signal": signal, "memory": private_memory, "shared-memory": shared_memory,
            "disk": one_large_file, "files": many_files, "spin": spin, "sleep": sleep, "chatter": chatter}

with open(__file__, encoding="utf-8") as text:
    targets = json.loads(text.read().strip().splitlines()[-1].removeprefix("# "))
for name in targets["attempts"]:
    try:
        ATTEMPTS[name](targets)
        print(f"{name}: SUCCEEDED", file=sys.stderr, flush=True)
    except Exception as error:
        print(f"{name}: refused ({type(error).__name__}: {error})", file=sys.stderr, flush=True)
sys.exit(1)
