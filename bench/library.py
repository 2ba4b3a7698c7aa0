"""The library at growing sizes: how long one answer takes, over one connection, and whether size is felt.

bench/fill.cpp fills a data folder through the program's own rules, 50 assets to a folder; a restricted user sees one in a
hundred of them through at most 100 scattered grants. Every figure is of requests one after the other, each of another
asset, folder or word where there are several.
"""
import itertools
import json
import os
import random
import re
import statistics
import subprocess
import time
import urllib.parse

import processes
from client import Connection
from sides import Reelvault
from table import row

REQUESTS = 300


class Caller:
    """Requests of one user over one connection, each timed to the last byte of its answer."""

    def __init__(self, server, api):
        self.connection = Connection(server.port)
        self.headers = {"Authorization": api.session.headers["Authorization"], "Content-Type": "application/json"}

    def call(self, method, target, body=None):
        data = None if body is None else json.dumps(body).encode()
        before = time.perf_counter()
        status, _, answer = self.connection.request(method, target, self.headers, data)
        seconds = time.perf_counter() - before
        if status >= 300:
            raise RuntimeError(f"{method} {target}: {status} {answer[:300]}")
        return seconds, answer

    def times(self, requests):
        return [self.call(*request)[0] * 1000 for request in requests]


def p50_p99(times):
    ordered = sorted(times)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def fill(folder, size, database_url):
    program = os.environ["REELVAULT_PROGRAM"] + "_fill"
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("REELVAULT_")}, "REELVAULT_DATA_DIR": str(folder), "REELVAULT_LOG_LEVEL": "error"}
    if database_url:
        env["REELVAULT_DATABASE_URL"] = database_url
    return json.loads(subprocess.run([program, str(size)], env=env, check=True, capture_output=True, text=True).stdout.splitlines()[0])


def restricted_user(server, groups):
    chosen = random.Random(1).sample(groups, max(1, min(100, len(groups) // 100)))
    user = server.api.ok("POST", "/admin/user", json={"username": "restricted", "password": "a long enough password", "role": "editor"})
    for group in chosen:
        server.api.ok("POST", "/admin/grant", json={"userId": user["id"], "assetId": group, "permission": "read"})
    from reelvault_server import Api
    return Api(server.url).login("restricted", "a long enough password"), chosen


def measured(bench, size, database):
    server = Reelvault(bench.place(), **{})
    if database == "postgres":
        from reelvault_server import postgres_database
        server.database_url = postgres_database()
    server.data_dir.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    made = fill(server.data_dir, size, server.database_url)
    filled = time.perf_counter() - began
    server.began = time.perf_counter()
    with server:
        figures = {"start to ready": ([(time.perf_counter() - server.began) * 1000],)}
        admin = Caller(server, server.api)
        restricted_api, granted = restricted_user(server, made["groups"])
        chance = random.Random(2)
        folders, assets = [], []
        for group in chance.sample(made["groups"], min(60, len(made["groups"]))):
            for folder in json.loads(admin.call("GET", f"/asset/{group}/children")[1])["items"]:
                folders.append(folder)
                assets += json.loads(admin.call("GET", f"/asset/{folder['id']}/children")[1])["items"]
        chance.shuffle(assets)
        ids = list(itertools.islice(itertools.cycle(assets), REQUESTS))
        keys = [f"/admin/asset?bucketName=library&objectKey={urllib.parse.quote(a['objectKey'])}" for a in ids]
        some = list(itertools.islice(itertools.cycle(folders), REQUESTS))
        words = ["interview", "berlin", "harbour", "drone night", "market", "final cut", "river", "concert", "press", "summer"]
        search = lambda i: {"query": words[i % len(words)], "filters": {"mediaType": "video", "tags": ["rushes"]}, "pageSize": 50}

        def note(what, measure):
            try:
                figures[what] = (measure(),)
            except RuntimeError as failure:  # the others are still worth knowing
                figures[what] = (str(failure),)
        note("the first search of each of ten words after the start", lambda: admin.times([("POST", "/search", search(i)) for i in range(len(words))]))
        note("all common lists are read, after the start", lambda: [until_read_ahead(server)])
        note("get by id", lambda: admin.times([("GET", f"/asset/{a['id']}") for a in ids]))
        note("get by bucket and key, eight levels deep", lambda: admin.times([("GET", key) for key in keys]))
        note("page of children by name", lambda: admin.times([("GET", f"/asset/{f['id']}/children?sort=name") for f in some]))
        note("page of children by date", lambda: admin.times([("GET", f"/asset/{f['id']}/children?sort=-createdAt") for f in some]))
        note("page of children, filtered by media type and tag", lambda: admin.times([("GET", f"/asset/{f['id']}/children?mediaType=video&tag=rushes") for f in some]))
        note("parent folders", lambda: admin.times([("GET", f"/asset/{a['id']}/parent-folders") for a in ids]))
        note("search with two filters, admin", lambda: admin.times([("POST", "/search", search(i)) for i in range(REQUESTS)]))
        note("search with two filters, restricted", lambda: Caller(server, restricted_api).times([("POST", "/search", search(i)) for i in range(REQUESTS)]))
        note("search for a rare word, admin", lambda: admin.times([("POST", "/search", {"query": f"unique{n}"}) for n in itertools.islice(itertools.cycle(range(7, min(size, 100007), 1000)), REQUESTS)]))
        note("summary of the whole library", lambda: admin.times([("GET", f"/admin/asset/{made['top']}/metadata-summary")] * 30))
        other = server.api.folder(server.api.root()["id"], "elsewhere")["id"]
        top_parent = json.loads(admin.call("GET", f"/asset/{made['top']}")[1])["parentId"]
        moves = [("POST", f"/admin/asset/{made['top']}/move", {"parentId": other if i % 2 == 0 else top_parent}) for i in range(REQUESTS)]
        note("moving a folder with most of the library below", lambda: admin.times(moves))
        note("AddTag to 10,000 in one batch", lambda: [tag_many(server, admin, made, min(size, 10000))])
        pids = [server.process.pid]
        memory = sum(processes.resident(pid) for pid in pids) / 2**20
    return figures, memory, filled


def until_read_ahead(server):
    """What searches are like in all but the first seconds of a server's life."""
    waiting = lambda: float(re.search(r"^reelvault_search_lists_waiting (\S+)", server.api.get("/metrics").text, re.M)[1])
    while waiting() > 0:
        time.sleep(0.05)
    return (time.perf_counter() - server.began) * 1000


def tag_many(server, admin, made, count):
    """Milliseconds until all of them have it. How long other writes wait meanwhile is noted beside it."""
    ids = []
    for group in made["groups"]:
        for folder in json.loads(admin.call("GET", f"/asset/{group}/children")[1])["items"]:
            ids += [a["id"] for a in json.loads(admin.call("GET", f"/asset/{folder['id']}/children?pageSize=500")[1])["items"]]
        if len(ids) >= count:
            break
    before = time.perf_counter()
    answer = json.loads(admin.call("POST", "/admin/asset/AddTag", {"targetIds": ids[:count], "actionArguments": {"tags": ["tagged"]}})[1])
    waits = []
    other = Caller(server, server.api)
    looked = time.perf_counter()
    while answer["endedAt"] is None:
        waits.append(other.call("PATCH", f"/asset/{made['shelf']}", {"description": str(time.time())})[0] * 1000)
        if time.perf_counter() - looked > 0.05:
            answer = json.loads(admin.call("GET", "/admin/batch?pageSize=1")[1])["items"][0]
            looked = time.perf_counter()
    took = (time.perf_counter() - before) * 1000
    if answer["failedCount"]:
        raise RuntimeError(f"AddTag failed for {answer['failedCount']}")
    tag_many.worst_wait = max(waits, default=0)
    return took


tag_many.worst_wait = 0
GOALS = {  # p99 in ms, and how much more than at the smallest size
    "page of children by name": (5, 1.5), "page of children by date": (5, 1.5), "get by bucket and key, eight levels deep": (5, 1.5),
    "page of children, filtered by media type and tag": (5, None), "search with two filters, admin": (50, 3),
    "search with two filters, restricted": (50, 3), "search for a rare word, admin": (50, 3),
    "moving a folder with most of the library below": (10, None), "AddTag to 10,000 in one batch": (1500, None),
}


def library(bench, sizes=(10_000, 100_000, 1_000_000), database="sqlite"):
    rows, first = [], {}
    for size in sizes:
        figures, memory, filled = measured(bench, size, database)
        label = f"{size:,}, {database}"
        for what, (times,) in figures.items():
            if isinstance(times, str):
                rows.append(row(what, "failed", label, "", note=times[:200]))
                continue
            p50, p99 = p50_p99(times)
            first.setdefault(what, p99)
            most, ratio = GOALS.get(what, (None, None))
            good = (most is None or p99 <= most) and (ratio is None or p99 <= max(ratio * first[what], 1.0))
            goal = ", ".join(filter(None, [f"p99 at most {most} ms" if most else "", f"{ratio} times the smallest" if ratio else ""]))
            rows.append(row(what, f"p50 {p50:.2f} ms, p99 {p99:.2f} ms", label, f"{p99 / first[what]:.2f}", goal, good if goal else None))
        rows.append(row("other writes during AddTag wait at most", f"{tag_many.worst_wait:.1f} ms", label, "", "at most 20 ms", tag_many.worst_wait <= 20))
        rows.append(row("memory of the server", f"{memory:.0f} MiB", label, ""))
        rows.append(row("filled through the catalogue's rules", f"{size / filled:,.0f} assets/s", label, ""))
    return rows
