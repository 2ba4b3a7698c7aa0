#!/usr/bin/python3
"""clang-tidy over many files: most of its time for a file goes into the headers that the file includes, so several
files are read as one. Each of a group comes from another room and so from another namespace; where two of a group
cannot be compiled together after all, the halves are looked at alone.

tidy.py BUILD_FOLDER JOBS [SOURCE...]      prints what clang-tidy says; fails when it says anything

Without sources: all below src/. Run it in the project's folder."""
import collections
import concurrent.futures
import itertools
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

GROUP_MAX = 8
CONFIGURATION = pathlib.Path(".clang-tidy").resolve()


def flags_of(entry):
    """What the compiler is told apart from which file to compile."""
    words = shlex.split(entry["command"])
    end = words.index("-o")
    return words[:end]


def groups_of(sources, size):
    rooms = collections.defaultdict(list)
    for source in sources:
        rooms[pathlib.Path(source).parent].append(source)
    # Round after round the next file of the rooms that have most left: long rooms do not end up among themselves.
    left = {room: collections.deque(sorted(files)) for room, files in rooms.items()}
    while any(left.values()):
        fullest = sorted((room for room in left if left[room]), key=lambda room: -len(left[room]))
        group = [left[room].popleft() for room in itertools.islice(fullest, size)]
        # What base keeps to itself would be seen by all that come after it.
        yield sorted(group, key=lambda source: pathlib.Path(source).parent.name == "base")


def look(folder, flags, sources):
    """What clang-tidy says of these files."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        together = pathlib.Path(place) / "together.cpp"
        together.write_text("".join(f'#include "{source}"  // NOLINT(bugprone-suspicious-include)\n' for source in sources))
        database = [{"directory": str(folder), "file": str(together), "arguments": [*flags, "-c", str(together)]}]
        (pathlib.Path(place) / "compile_commands.json").write_text(json.dumps(database))
        done = subprocess.run(["clang-tidy-19", "--quiet", "-p", place, "--header-filter=.*/src/.*", f"--config-file={CONFIGURATION}", str(together)],
                              capture_output=True, text=True)
    if done.returncode == 0:
        return ""
    if "clang-diagnostic-error" in done.stdout and len(sources) > 1:
        half = len(sources) // 2
        return look(folder, flags, sources[:half]) + look(folder, flags, sources[half:])
    return done.stdout or done.stderr


def main():
    build, jobs, wanted = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]), sys.argv[3:]
    known = {entry["file"]: entry for entry in json.loads((build / "compile_commands.json").read_text())}
    root = pathlib.Path.cwd()
    sources = [str(root / source) for source in wanted] or [file for file in known if file.startswith(str(root / "src"))]
    # A test's flags are those of its room and some more; what is defined for a single file is defined for all.
    all_flags = [flags_of(known[source]) for source in known if source.startswith(str(root / "src"))]
    flags = max(all_flags, key=len)
    flags += sorted({word for words in all_flags for word in words if word.startswith("-D")} - set(flags))
    failed = False
    groups = list(groups_of(sources, min(GROUP_MAX, -(-len(sources) // jobs))))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for number, said in enumerate(pool.map(lambda group: look(build, flags, group), groups), 1):
            if said:
                failed = True
                print(said, flush=True)
            print(f"{number} of {len(groups)}", file=sys.stderr, flush=True)
    return 1 if failed else 0


sys.exit(main())
