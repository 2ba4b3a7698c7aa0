"""clang-tidy over several files at once says what it says of each."""
import json
import pathlib
import subprocess

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/tidy.py"


def tidy(root, files, wanted=()):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "build").mkdir()
    (root / ".clang-tidy").write_text("Checks: '-*,performance-for-range-copy,modernize-use-nullptr'\nWarningsAsErrors: '*'\n")
    (root / "build/compile_commands.json").write_text(json.dumps(
        [{"directory": str(root / "build"), "file": str(root / path), "command": f"/usr/bin/clang++-19 -std=c++23 -I{root}/src -o x.o -c {root / path}"}
         for path in files if path.endswith(".cpp")]))
    return subprocess.run([TOOL, "build", "1", *wanted], cwd=root, capture_output=True, text=True)


def test_a_fault_is_found_among_clean_files(tmp_path):
    done = tidy(tmp_path, {"src/a/one.cpp": "int one() { return 1; }\n", "src/b/two.cpp": "int* two() { return 0; }\n"})
    assert done.returncode == 1 and "two.cpp:1:" in done.stdout and "one.cpp" not in done.stdout


def test_a_fault_in_a_header_counts(tmp_path):
    done = tidy(tmp_path, {"src/a/one.hpp": "inline int* one() { return 0; }\n", "src/a/one.cpp": '#include "a/one.hpp"\n', "src/b/two.cpp": ""})
    assert done.returncode == 1 and "one.hpp:1:" in done.stdout


def test_files_that_go_badly_together_are_looked_at_alone(tmp_path):
    done = tidy(tmp_path, {"src/a/one.cpp": "static int twice(int n) { return 2 * n; }\nint one() { return twice(1); }\n",
                           "src/b/two.cpp": "static int twice(int n) { return n + n; }\nint* two() { return twice(1) ? 0 : nullptr; }\n"})
    assert done.returncode == 1 and "two.cpp:2:" in done.stdout and "redefinition" not in done.stdout


def test_clean_files_and_only_those_that_are_named(tmp_path):
    files = {"src/a/one.cpp": "int one() { return 1; }\n", "src/b/two.cpp": "int* two() { return 0; }\n"}
    assert tidy(tmp_path, files, ["src/a/one.cpp"]).returncode == 0


def test_what_does_not_compile_fails(tmp_path):
    done = tidy(tmp_path, {"src/a/one.cpp": "int one() { return unknown; }\n"})
    assert done.returncode == 1 and "one.cpp:1:" in done.stdout
