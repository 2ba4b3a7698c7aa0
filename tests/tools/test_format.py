"""That the sources are as their formatter has them; prettier's check of the web app is a step of the web stage."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_sources_are_as_clang_format_has_them():
    files = sorted(str(path) for folder in ("src", "fuzz") for path in (ROOT / folder).rglob("*.[ch]pp"))
    assert len(files) > 300
    found = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *files], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr[:2000] + "\n./dev format mends it."
