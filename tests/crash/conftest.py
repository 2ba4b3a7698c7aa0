import os
import pathlib
import random
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "powercut")]

DATABASES = ["sqlite"] + (["postgres"] if os.environ.get("REELVAULT_TEST_POSTGRES") else [])


@pytest.fixture(params=DATABASES)
def database(request):
    return request.param


@pytest.fixture
def seed(request):
    """Another one each time; REELVAULT_CRASH_SEED takes one again, as far as what is random in the program allows."""
    chosen = os.environ.get("REELVAULT_CRASH_SEED") or str(random.randrange(10**9))
    print(f"REELVAULT_CRASH_SEED={chosen}")
    return chosen
