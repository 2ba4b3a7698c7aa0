import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def check(root):
    return subprocess.run([ROOT / "tools/check-layers", root], capture_output=True, text=True)


def write(root, path, *includes):
    file = root / "src" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#pragma once\n" + "".join(f'#include "{name}"\n' for name in includes) + "#include <vector>\n")


def test_every_arrow_of_this_tree_goes_left():
    result = check(ROOT)
    assert result.returncode == 0, result.stdout


def test_arrows_to_the_left_and_into_the_room_itself_are_right(tmp_path):
    write(tmp_path, "base/error.hpp")
    write(tmp_path, "db/sql/row.hpp", "db/database.hpp", "base/error.hpp")
    write(tmp_path, "app/main.cpp", "delivery/media.hpp", "base/error.hpp")
    assert check(tmp_path).returncode == 0


@pytest.mark.parametrize(
    "path, include, says",
    [
        ("base/error.hpp", "db/database.hpp", "to its right"),
        ("db/database.cpp", "http/server.hpp", "beside it"),
        ("upload/sessions/part.hpp", "media/probe.hpp", "beside it"),
        ("catalog/asset.hpp", "app/server.hpp", "to its right"),
        ("catalog/asset.cpp", "asset.hpp", "does not begin with a room"),
        ("catalog/asset.cpp", "util/asset.hpp", "does not begin with a room"),
        ("util/strings.hpp", "base/error.hpp", "is no room"),
    ],
)
def test_other_arrows_are_told_with_their_line(tmp_path, path, include, says):
    write(tmp_path, path, include)
    result = check(tmp_path)
    assert result.returncode == 1
    assert path in result.stdout and says in result.stdout


def test_a_tree_without_sources_is_a_fault(tmp_path):
    assert check(tmp_path).returncode == 2
