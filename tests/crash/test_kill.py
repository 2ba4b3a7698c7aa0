"""kill -9 at random moments, of the server with all it started or of a worker, under parallel uploads and processing.

One data folder lives through all of it. What the server promised must hold, whatever was begun must come to an end,
and nothing may be left over. REELVAULT_CRASH_ROUNDS: how many times the server is killed; 50 unless set.
"""
import contextlib
import itertools
import os
import random
import threading
import time

import audit
from load import Client, Ledger, media
from machine import Machine

ROUNDS = int(os.environ.get("REELVAULT_CRASH_ROUNDS", "50"))
SWEEPS = 6  # rounds in which the sweep is what is killed
SETTINGS = {
    "worker.count": 2,
    "jobs.lease_s": 5,
    "encoding.preset": "ultrafast",
    # Longer than what lies between storing bytes and committing their row, and short enough to run in a long round.
    "storage.sweep_grace_s": 8,
}


def test_nothing_acknowledged_is_lost_and_nothing_half_done_stays(database, seed):
    media()
    with contextlib.closing(Machine(database, SETTINGS)) as machine:
        ledger = Ledger()
        moments = [time.monotonic()]
        kills = run_load(machine, ledger, seed)
        moments.append(time.monotonic())
        # What waits to be processed grows with the rounds.
        wrong = ledger.violations + audit.check_promises(machine.admin(), ledger, 240 + 2 * ROUNDS)
        moments.append(time.monotonic())
        run_sweeps(machine, seed)
        wrong = wrong or audit.check_promises(machine.admin(), ledger)
        machine.stop()
        wrong += audit.check_ground(machine, ledger)
        moments.append(time.monotonic())
        report(machine, ledger, kills, moments)
        assert not wrong, "\n".join([f"seed {seed}, log {machine.log_path}:", *wrong[:40]])


def run_load(machine, ledger, seed):
    chance = random.Random(seed)
    machine.start()
    stop = threading.Event()
    clients = [Client(machine.url, ledger, f"{seed}-{number}", stop) for number in range(6)]
    for client in clients:
        client.start()
    kills = {"server": 0, "worker": 0}
    long_rounds = set(chance.sample(range(ROUNDS), max(1, ROUNDS // 25)))
    for number in range(ROUNDS):
        life = chance.uniform(8, 11) if number in long_rounds else chance.uniform(0.05, 1.6)
        if chance.random() < 0.35:
            moment = chance.uniform(0, life)
            time.sleep(moment)
            life -= moment
            kills["worker"] += machine.kill_worker(chance)
        time.sleep(life)
        machine.kill()
        kills["server"] += 1
        if chance.random() < 0.15:  # while it starts
            machine.launch()
            time.sleep(chance.uniform(0, 0.5))
            machine.kill()
            kills["server"] += 1
        machine.start()
    stop.set()
    for client in clients:
        client.join(120)
        if client.is_alive():
            ledger.violation(f"{client.name} does not come to an end")
    return kills


def run_sweeps(machine, seed):
    """The sweep alone is at work, and is killed at it; then it may finish."""
    chance = random.Random(f"{seed} sweeps")
    machine.days_go_by()
    for _ in range(SWEEPS):
        machine.start()
        time.sleep(chance.uniform(0.8, 2.4))
        machine.kill()
    machine.start()
    audit.Ground(machine).wait_until_swept()


def report(machine, ledger, kills, moments):
    states = [upload.state for upload in ledger.uploads]
    sent = sum(len(content) for asset in ledger.assets for content in asset.versions)
    print(
        f"killed: server {kills['server']}, worker {kills['worker']}, sweep {SWEEPS}; uploads: " + ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states))),
        f"{sent >> 20} MiB kept; " + ", ".join(f"{count} {what}" for what, count in ledger.notes.items()),
        "jobs: " + ", ".join(f"{count} {kind} {error or ''}" for kind, error, count in machine.rows(
            "select type, error_code, count(*) from job group by type, error_code order by type")),
        "seconds under load, until settled, until swept: "
        + ", ".join(f"{end - begin:.0f}" for begin, end in itertools.pairwise(moments)),
        sep="\n",
    )
