#!/usr/bin/env python3
"""Includes point one way: compares every #include "folder/..." with the list in design order. The files that
CONTRIBUTING.md names as the places for changes are there.

Usage: layering_test.py ROOT. Exit status 1 names each line that looks upwards.
"""
import pathlib
import re
import sys

ALLOWED = {
    "core": set(),
    "datasets": {"core"},
    "environments": {"core"},
    "submissions": {"core", "datasets", "environments"},
    "harness/meter": {"core"},
    "harness/sandbox": {"core"},
    "harness/protocol": {"core", "harness/sandbox"},
    "harness/block": {"core", "datasets", "environments", "submissions", "harness/meter", "harness/sandbox", "harness/protocol"},
    "scoring": {"core"},
    "leaderboard": {"core", "scoring"},
    "campaign": {"core", "datasets", "environments", "submissions", "harness", "scoring", "leaderboard"},
    "cli": {"core", "datasets", "environments", "submissions", "harness", "scoring", "leaderboard", "campaign"},
}
# Heavy headers stay out of ours: one file that includes them all takes many seconds to compile.
HEAVY = re.compile(r"#include <(CLI/|nlohmann/json\.hpp|valijson/|boost/|SQLiteCpp/|fmt/|spdlog/|mustache|archive|curl/|openssl/|seccomp)")
# Headers that bring a heavy one along, for .cpp files only.
CPP_ONLY = {"core/json_fields.h"}
# What measures never sees hidden labels: it may include these of datasets/, and so cannot name their type.
HARNESS_SEES = {"datasets/inputs.h", "datasets/order.h"}
INCLUDE = re.compile(r'#include "([a-z_]+(?:/[a-z_]+)*)/[^"]+"')


def is_allowed(folder, target):
    return any(target == other or target.startswith(other + "/") for other in ALLOWED[folder] | {folder})


def complaints(folder, name, text):
    for number, line in enumerate(text.splitlines(), 1):
        if name.endswith(".h") and name not in CPP_ONLY:
            if HEAVY.match(line) or any(line.startswith(f'#include "{header}"') for header in CPP_ONLY):
                yield f"{name}:{number}: a heavy header in a header of ours: {line}"
        match = INCLUDE.match(line)
        if match and match[1] != "embedded" and not is_allowed(folder, match[1]):
            yield f"{name}:{number}: {folder} may not include {match[1]}"
        if match and match[1] == "datasets" and folder.startswith("harness/") and line.split('"')[1] not in HARNESS_SEES:
            yield f"{name}:{number}: harness may not see {line.split(chr(34))[1]}"


def self_check():
    bad = list(complaints("core", "core/a.h", '#include "scoring/score.h"\n#include <CLI/CLI.hpp>\n'))
    bad += list(complaints("harness/meter", "harness/meter/a.cpp", '#include "harness/block/block.h"\n'))
    bad += list(complaints("harness/block", "harness/block/a.cpp", '#include "datasets/labels.h"\n'))
    bad += list(complaints("harness/block", "harness/block/a.h", '#include "datasets/locate.h"\n'))
    bad += list(complaints("scoring", "scoring/a.h", '#include "core/json_fields.h"\n'))
    good = list(complaints("core", "core/json_fields.h", '#include <nlohmann/json.hpp>\n'))
    good += list(complaints("harness/block", "harness/block/a.h", '#include "datasets/inputs.h"\n'))
    good += list(complaints("campaign", "campaign/a.h", '#include "datasets/labels.h"\n'))
    good += list(complaints("cli", "cli/a.cpp", '#include "leaderboard/store.h"\n#include <CLI/CLI.hpp>\n'))
    assert len(bad) == 6 and not good, (bad, good)


def missing_answers(root):
    """Files that CONTRIBUTING.md sends people to and that are not there."""
    text = (root / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_.*]*)`", text[text.index("## Where do I change"):text.index("## How code looks")])
    assert len(named) > 20, named
    for name in named:
        if not (any(root.glob(name)) if "*" in name else (root / name).exists()):
            yield f"CONTRIBUTING.md: there is no {name}"


def main():
    self_check()
    root = pathlib.Path(sys.argv[1])
    found = list(missing_answers(root))
    files = 0
    for folder in ALLOWED:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix not in (".h", ".cpp") or name.startswith(("submissions/reference", "submissions/kits")):
                continue
            files += 1
            found += complaints(folder, name, path.read_text())
    print("\n".join(found) or f"{files} files include one way")
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
