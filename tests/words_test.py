#!/usr/bin/env python3
"""Messages, help and pages keep to plain standard terms: a short list of words stays out of them.

Usage: words_test.py ROOT [PROGRAM]. Looks at string literals of our C++ files, at the templates of the pages and, where
a program is given, at all of its help (the manual page is made from it). Exit status 1 names each line. Comments and
names are for reviewers; CONTRIBUTING.md says why and what to write instead.
"""
import pathlib
import re
import subprocess
import sys

FOLDERS = ["core", "datasets", "environments", "submissions", "harness", "scoring", "leaderboard", "campaign", "cli"]
# What not to write, and what to write instead.
BANNED = {
    r"strangers?'?s?": "untrusted",
    r"accused?": "flagged",
    r"gone on with|goes on with|is gone on": "resumed",
    r"twice is as once": "idempotent",
    r"lent|borrowed": "writable mount",
    r"everybody|whoever": "the one who is meant: organizer, participant, user",
    r"the way to better": "how to fix it",
    r"disturbs?|disturbed": "interferes",
    r"habits?|oddit(?:y|ies)": "statistics, anomaly",
    r"in doubt|doubts?": "uncertainty",
    r"aside": "telemetry, apart",
    r"payload": "program",
    r"answered soonest": "lowest latency",
}
PATTERN = re.compile(r"\b(?:" + "|".join(f"({words})" for words in BANNED) + r")\b", re.IGNORECASE)

# A comment, a raw string, a string or a character: whichever begins first is what the text there is.
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\((.*?)\)\1"|"((?:[^"\\\n]|\\.)*)"|\'(?:[^\'\\\n]|\\.)\'', re.DOTALL)


def literals(text):
    """(line, literal) of each string of a C++ file; adjacent literals are one, as for the compiler."""
    joined, start, end = "", 0, None
    for match in TOKEN.finditer(text):
        is_string = match[2] is not None or match[3] is not None
        if text.rfind("\n", 0, match.start()) + 1 == text.rfind("#include", 0, match.start()):
            continue
        if not is_string:
            continue
        part = match[2] if match[2] is not None else match[3]
        if end is not None and not text[end:match.start()].strip():
            joined += part
        else:
            if end is not None:
                yield start, joined
            joined, start = part, text.count("\n", 0, match.start()) + 1
        end = match.end()
    if end is not None:
        yield start, joined


def complaints(name, lines):
    for number, text in lines:
        for match in PATTERN.finditer(text.replace("\\n", " ")):
            instead = list(BANNED.values())[match.lastindex - 1]
            yield f"{name}:{number}: '{match[0]}': write: {instead}"


def help_texts(program):
    for words in (["man"], ["--help"]):
        done = subprocess.run([program, *words], capture_output=True, text=True, check=True)
        yield from enumerate(done.stdout.splitlines(), 1)


def self_check():
    source = '#include "lent.h"\n// stranger\nf("the way to "\n  "better", \'"\', R"(a habit)", "excellent");\n'
    found = list(complaints("a.cpp", literals(source)))
    assert [line.split(": ")[:2] for line in found] == [["a.cpp:3", "'the way to better'"], ["a.cpp:4", "'habit'"]], found


def main():
    self_check()
    root = pathlib.Path(sys.argv[1])
    found, files = [], 0
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if name.startswith("submissions/reference"):
                continue
            if path.suffix in (".h", ".cpp"):
                found += complaints(name, literals(path.read_text()))
            elif path.suffix == ".mustache":
                found += complaints(name, enumerate(path.read_text().splitlines(), 1))
            else:
                continue
            files += 1
    if len(sys.argv) > 2:
        found += complaints("joulebench --help", help_texts(sys.argv[2]))
    print("\n".join(found) or f"{files} files speak plainly")
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
