"""The benchmarks by name. Each takes the Bench of this run, lets both sides work in turn, and gives rows."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time
import uuid

import processes
from client import Connection, in_parallel, wait_for_answer, wrk
from nginx import Nginx
from sides import CONNECTIONS, Reelvault
from table import judged, median, ratio_row, row

MIB, GIB = 1 << 20, 1 << 30


class Bench:
    """What the benchmarks share: a folder, files of random bytes and a film, each made when it is first wanted."""

    def __init__(self, folder, rounds, seconds):
        self.folder, self.rounds, self.seconds = folder, rounds, seconds

    def place(self):
        return self.folder / uuid.uuid4().hex[:8]

    @contextlib.contextmanager
    def random_file(self, size=GIB):
        path = self.folder / f"random-{size}"
        if not path.exists():
            with open(path, "wb") as file:
                for _ in range(0, size, MIB):
                    file.write(os.urandom(MIB))
        file = os.open(path, os.O_RDONLY)
        try:
            yield file
        finally:
            os.close(file)

    def level(self, size=GIB):
        """Writes and removes as much as the next run will write. Whoever wrote right after a removal was three times as
        fast as whoever did not, with a third of the CPU, on the virtual machine where this was first run: where a side
        stood in the order decided, not the side. So all sides start from here."""
        path = self.folder / "level"
        with open(path, "wb") as file:
            block = bytes(MIB)
            for _ in range(0, size, MIB):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        os.unlink(path)

    def film(self):
        """Half a minute of moving, grainy 720p with sound, at a camera's bit rate."""
        path = self.folder / "film.mp4"
        if not path.exists():
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=30,noise=alls=8:allf=t",
                            "-f", "lavfi", "-i", "anoisesrc=c=pink:a=0.2:d=30", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25",
                            "-b:v", "25M", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "256k", str(path)], check=True)
        return path


def timed(work, cpu):
    """Seconds by the clock, seconds of the side's processors, and what the work gives."""
    os.sync()  # what was written before is not this run's to write out
    used, start = cpu(), time.perf_counter()
    result = work()
    return time.perf_counter() - start, cpu() - used, result


def in_turn(number, sides):
    """The sides of one round; each round another one begins."""
    return [sides[(number + n) % len(sides)] for n in range(len(sides))]


def upload(bench):
    sides = ("ours", "few", "bare", "synced")
    rates, costs = {side: [] for side in sides}, {side: [] for side in sides}
    place = bench.place()
    with bench.random_file() as source, Nginx(place) as peer, Reelvault(bench.place()) as server:
        share = GIB // CONNECTIONS

        def put(sync):
            connections = [Connection(peer.port) for _ in range(CONNECTIONS)]

            def send(number, item):
                status, _ = connections[number].put_file(f"/put/{item}", source, item * share, share)
                if status not in (201, 204):
                    raise RuntimeError(f"nginx's PUT: {status}")
                if sync:
                    with open(peer.files / "put" / str(item), "rb") as file:
                        os.fsync(file.fileno())
            in_parallel(CONNECTIONS, send, range(CONNECTIONS))
            if sync:
                folder = os.open(peer.files / "put", os.O_RDONLY)
                os.fsync(folder)
                os.close(folder)
            for connection in connections:
                connection.close()

        for number in range(bench.rounds):
            for side in in_turn(number, list(sides)):
                bench.level()
                if side in ("ours", "few"):
                    length = share if side == "few" else None
                    wall, used, (asset, _) = timed(lambda: server.upload(f"{side}-{number}.bin", source, GIB, length), server.cpu)
                    server.settle(asset)
                else:
                    wall, used, _ = timed(lambda: put(side == "synced"), peer.cpu)
                    for item in range(CONNECTIONS):
                        os.unlink(peer.files / "put" / str(item))
                rates[side].append(GIB / MIB / wall)
                costs[side].append(used)
    cost = {side: f"{median(values):.2f} s" for side, values in costs.items()}
    def line(what, ours, peer, goal):
        return ratio_row(what, rates[ours], rates[peer], "MiB/s", goal, (cost[ours], cost[peer]))
    return [line("upload of 1 GiB in parts of 8 MiB, on disk when answered / nginx DAV PUT of 4 pieces, not synced", "ours", "bare", 1.0),
            line("the same / nginx DAV PUT, then fsync", "ours", "synced", None),
            line("the same in 4 parts, as nginx gets it / nginx DAV PUT, not synced", "few", "bare", 1.0),
            line("the same / nginx DAV PUT, then fsync", "few", "synced", None)]


def complete(bench):
    large, small = [], []
    with bench.random_file() as source, bench.random_file(MIB) as little, Reelvault(bench.place()) as server:
        for number in range(max(bench.rounds, 5)):
            for file, size, into in in_turn(number, [(source, GIB, large), (little, MIB, small)]):
                bench.level()
                os.sync()
                asset, seconds = server.upload(f"{number} {size}.bin", file, size)
                into.append(1000 * seconds)
                server.settle(asset)
    more = median(large) - median(small)
    return [row("completing 1 GiB / 1 MiB", f"{median(large):.1f} ms", f"{median(small):.1f} ms", f"{more:+.1f} ms", "at most 30 ms more",
                more <= 30, f"1 GiB {min(large):.1f} to {max(large):.1f} ms, 1 MiB {min(small):.1f} to {max(small):.1f} ms")]


def requests(bench, what, goal, server, target, headers, peer, peer_target, peer_headers=None):
    """Two servers under wrk in turn."""
    rates, costs = ([], []), ([], [])
    for number in range(bench.rounds):
        for side, (host, path, head) in in_turn(number, list(enumerate(((server, target, headers), (peer, peer_target, peer_headers))))):
            used = host.cpu()
            rate, number = wrk(host.port, path, head, seconds=bench.seconds)
            rates[side].append(rate)
            costs[side].append(1e6 * (host.cpu() - used) / number)
    return ratio_row(what, *rates, "/s", goal, tuple(f"{median(c):.1f} µs" for c in costs))


def metadata(bench):
    with Reelvault(bench.place()) as server, bench.random_file(MIB) as source:
        asset, _ = server.upload("a document.bin", source, MIB)
        server.api.wait_settled(asset["id"])
        target = f"/asset/{asset['id']}"
        size = len(server.api.get(target).content)
        with Nginx(bench.place(), constant_size=size) as peer:
            return [requests(bench, f"GET of one asset / nginx's constant of {size} bytes, 64 connections", 0.5, server, target,
                             server.authorization, peer, "/constant")]


def segments(bench):
    with Reelvault(bench.place()) as server, Nginx(bench.place()) as peer:
        asset = server.api.wait_settled(server.api.upload_file(bench.film())["id"], timeout=600)
        path, cookies = server.stream(asset)
        for name in ("v0.mp4", "v0.m3u8"):
            (peer.files / "secure" / name).write_bytes(server.api.get(path + name).content)
        lengths = re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)", (peer.files / "secure" / "v0.m3u8").read_text())
        length, offset = map(int, lengths[len(lengths) // 2])
        part = {"Range": f"bytes={offset}-{offset + length - 1}"}
        small = (peer.files / "secure" / "v0.m3u8").stat().st_size
        return [requests(bench, f"HLS segment, {length // 1024} KiB of a CMAF file / nginx with secure_link", 0.9, server, path + "v0.mp4",
                         {**cookies, **part}, peer, peer.secure_path("v0.mp4"), part),
                requests(bench, f"HLS playlist, a whole file of {small} bytes / the same", 0.9, server, path + "v0.m3u8", cookies, peer,
                         peer.secure_path("v0.m3u8"))]


def download(bench):
    rates, costs = ([], []), ([], [])
    with bench.random_file() as source, Reelvault(bench.place()) as server, Nginx(bench.place()) as peer:
        asset, _ = server.upload("large.bin", source, GIB)
        asset = server.api.wait_settled(asset["id"], timeout=600)
        shutil.copyfile(bench.folder / f"random-{GIB}", peer.files / "secure" / "large.bin")
        targets = ((server, server.signed(asset["id"], asset["downloadUrl"])), (peer, peer.secure_path("large.bin")))
        for number in range(bench.rounds + 1):
            for side, (host, target) in in_turn(number, list(enumerate(targets))):
                connection = Connection(host.port)
                wall, used, _ = timed(lambda: connection.download(target), host.cpu)
                connection.close()
                if number > 0:  # the first brings the file into memory
                    rates[side].append(GIB / MIB / wall)
                    costs[side].append(used)
    return [ratio_row("download of 1 GiB, signed / nginx with secure_link", *rates, "MiB/s", 0.9, tuple(f"{median(c):.2f} s" for c in costs))]


class ChildWatch:
    """Looks every 10 ms at all processes below `root` but those of `besides`, and keeps the last processor time of each.
    Times of ended children would be exact, but do not come up through bubblewrap's namespace of processes. So what a
    child uses after its last look is missed, 10 ms at most of each, and one that lives shorter may be missed whole."""

    def __init__(self, root, besides):
        self.root, self.besides, self.seconds, self.over = root, besides, {}, threading.Event()
        self.ladder = self.command = None
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _watch(self):
        while not self.over.wait(0.01):
            for pid in set(processes.tree(self.root)) - self.besides:
                fields = processes.stat(pid)
                if not fields:
                    continue
                child = pid, fields[19]  # with its start, since numbers are used again
                self.seconds[child] = max(self.seconds.get(child, 0), processes.cpu([pid]))
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    command = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
                    if not self.ladder and command[0].endswith("/ffmpeg") and "-maxrate" in command:
                        self.ladder, self.command = child, command

    def stop(self):
        self.over.set()
        self.thread.join()

    def end(self):
        """CPU seconds of all, and of the ffmpeg that makes the ladder."""
        self.stop()
        if not self.ladder:
            raise RuntimeError("no ffmpeg with a ladder was seen")
        return sum(self.seconds.values()), self.seconds[self.ladder]


def bare_ladder(film, into, seen):
    """CPU seconds of what a person would write by hand for the same renditions; sizes and rates are taken from the
    command that the worker ran. Everything between it and that command, such as sprites, is ours to answer for. It is
    looked at as often as the worker's children are, since that disturbs whoever uses both cores."""
    into.mkdir()
    rates = [seen[n + 1] for n, word in enumerate(seen) if word == "-maxrate"]
    preset = seen[seen.index("-preset") + 1]
    sizes = re.findall(r"scale=(\d+:\d+):flags=bicubic", seen[seen.index("-filter_complex") + 1])
    scales = ["null"] * (len(rates) - len(sizes)) + [f"scale={size}:flags=bicubic" for size in sizes]
    graph = f"[0:v]split={len(rates)}" + "".join(f"[i{n}]" for n in range(len(rates)))
    words = []
    for n, (rate, scale) in enumerate(zip(rates, scales)):
        graph += f";[i{n}]{scale}[v{n}]"
        words += ["-map", f"[v{n}]", "-c:v", "libx264", "-preset", preset, "-profile:v", "high", "-crf", "23", "-maxrate", rate,
                  "-bufsize", f"{2 * int(rate[:-1])}k", "-g", "50", "-keyint_min", "50", "-x264-params", "scenecut=0:open-gop=0", "-f", "mp4",
                  "-movflags", "frag_keyframe+delay_moov+default_base_moof", str(into / f"v{n}.mp4")]
    words += ["-map", "0:a", "-c:a", "copy", "-f", "mp4", "-movflags", "delay_moov+default_base_moof", "-frag_duration", "4000000",
              str(into / "a0.mp4")]
    watch = ChildWatch(os.getpid(), {os.getpid()})
    try:
        used = os.times()
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", str(film), "-filter_complex", graph, *words], check=True)
        after = os.times()
    finally:
        watch.stop()
    return after.children_user + after.children_system - used.children_user - used.children_system


def processing(bench):
    whole, ladder, bare = [], [], []
    film = bench.film()
    with Reelvault(bench.place()) as server:
        for number in range(bench.rounds):
            workers = server.workers()
            before = processes.cpu(workers)
            watch = ChildWatch(server.process.pid, {server.process.pid, *workers})
            try:
                server.settle(server.api.upload_file(film, name=f"film {number}.mp4"))
                own = processes.cpu(workers) - before  # the checksum, and watching over the children
            finally:
                every, largest = watch.end()
            every += own
            if every < largest or largest < 1:
                raise RuntimeError(f"all {every:.1f} s, the ladder among them {largest:.1f} s: not a measurement")
            whole.append(every)
            ladder.append(largest)
            bare.append(bare_ladder(film, bench.place(), watch.command))
    rows = []
    for what, ours, goal in (("CPU of the workers and all child processes for 30 s of 720p / bare ffmpeg ladder", whole, 1.07),
                             ("of these the one that makes ladder and sprites / the same", ladder, None)):
        ratios = [a / b for a, b in zip(ours, bare)]
        rows.append(row(what, f"{median(ours):.1f} s", f"{median(bare):.1f} s", f"{median(ratios):.3f}", "at most 1.07" if goal else "",
                        judged(ratios, goal, at_least=False) if goal else None, f"pairs {min(ratios):.3f} to {max(ratios):.3f}"))
    return rows


def memory(bench):
    with Reelvault(bench.place()) as server, bench.random_file() as source:
        server.api.root()
        time.sleep(2)
        idle, workers = processes.resident(server.process.pid), sum(map(processes.resident, server.workers()))
        peak, over = [0], threading.Event()

        def watch():
            while not over.wait(0.02):
                peak[0] = max(peak[0], processes.resident(server.process.pid))
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            asset, _ = server.upload("4 GiB.bin", source, 4 * GIB)
        finally:
            over.set()
            watcher.join()
        server.settle(asset)
    return [row("memory of the server, idle", f"{idle / MIB:.0f} MiB", "", f"{idle / MIB:.0f} MiB", "at most 60 MiB", idle <= 60 * MIB,
                f"its workers {workers / MIB:.0f} MiB more"),
            row("memory of the server, most during an upload of 4 GiB", f"{peak[0] / MIB:.0f} MiB", f"{idle / MIB:.0f} MiB idle",
                f"{(peak[0] - idle) / MIB:+.0f} MiB", "", None, "4 connections, parts of 8 MiB")]


def start(bench):
    """With the database of an earlier run, and with none, where it also makes its keys and the first user."""
    rows, folder = [], bench.place()
    for what in ("an empty data folder", "a data folder of before"):
        times = []
        if what.endswith("before"):
            server = Reelvault(folder).start()
            server.stop()
        for _ in range(max(bench.rounds, 5)):
            server = Reelvault(folder if what.endswith("before") else bench.place())
            before = time.perf_counter()
            server.launch()
            wait_for_answer(server.port, "/readyz")
            times.append(time.perf_counter() - before)
            server.stop()
        rows.append(row(f"start to first answer, {what}", f"{median(times):.3f} s", "", f"{median(times):.3f} s", "at most 0.3 s",
                        judged(times, 0.3, at_least=False), f"{min(times):.3f} to {max(times):.3f} s"))
    return rows


CASES = {"upload": upload, "complete": complete, "metadata": metadata, "segments": segments, "download": download,
         "processing": processing, "memory": memory, "start": start}
