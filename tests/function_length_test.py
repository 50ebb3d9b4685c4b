#!/usr/bin/env python3
"""No function of the program is longer than 60 lines, unless a comment right above it says why ("Long: ...").

Usage: function_length_test.py ROOT. Reads C++ files as clang-format leaves them: a function ends with a brace in the
column in which it began. Exit status 1 names each one.
"""
import pathlib
import re
import sys

FOLDERS = ["core", "datasets", "environments", "submissions", "harness", "scoring", "leaderboard", "campaign", "cli"]
NOT_OURS = "submissions/reference"  # programs of entries
MOST = 60
BEGINS = re.compile(r"^(?P<indent>(?:  )?)(?!\s|namespace|class|struct|enum|union|if|for|while|switch|else|do|try|case|//)"
                    r".*\{$")


def long_functions(text):
    lines = text.split("\n")
    for number, line in enumerate(lines):
        begins = BEGINS.match(line)
        head = "".join(lines[max(0, number - 4):number + 1])
        if not begins or "(" not in head:
            continue
        end = next((i for i in range(number + 1, len(lines)) if re.match(begins["indent"] + r"\}", lines[i])), None)
        if end is None or end - number - 1 <= MOST:
            continue
        first = number
        while first > 0 and not re.match(r"^\s*(//|$|\})", lines[first - 1]):
            first -= 1
        comment = []
        while first > 0 and lines[first - 1].lstrip().startswith("//"):
            first -= 1
            comment.append(lines[first])
        if not any("Long:" in one for one in comment):
            yield number + 1, end - number - 1, line.strip()


def main():
    root = pathlib.Path(sys.argv[1])
    files, found = 0, 0
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".cpp", ".h") or NOT_OURS in str(file):
                continue
            files += 1
            for line, length, name in long_functions(file.read_text()):
                found += 1
                print(f"{file.relative_to(root)}:{line}: {length} lines: {name}", file=sys.stderr)
    if found:
        sys.exit(f"{found} functions are longer than {MOST} lines: split them, or say why above them: // Long: ...")
    print(f"no function of {files} files is longer than {MOST} lines")


main()
