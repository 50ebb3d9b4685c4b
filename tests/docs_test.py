#!/usr/bin/env python3
"""Runs every command block of the guides in docs/, in the order of each page, in a folder of its own.

Usage: docs_test.py PROGRAM ROOT [PAGE...]. A fenced block `sh` is run by bash; a block with `file=NAME` becomes that file. In comments of
the page, `not run: WHY` before a block skips it, `needs: PROGRAM` skips it where the program is not there, and `test: COMMAND` is run before the next block (to
make blocks of a measurement short). A `cd` holds for the blocks behind it. Links to files of the tree must lead somewhere. Exit status 1: something
failed.
"""
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(?P<kind>[\w-]+)(?: file=(?P<file>\S+))?\n(?P<text>.*?)^```$|^<!-- (?P<note>.*?) -->$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def flowers(path):
    """A CSV file as an organizer may have: a line of names, four numbers and a word."""
    draw = random.Random(1)
    lines = ["a,b,c,d,kind"]
    for row in range(600):
        kind = row % 3
        lines.append(",".join(f"{draw.gauss(2 * kind, 1):.3f}" for _ in range(4)) + "," + ("red", "green", "blue")[kind])
    path.write_text("\n".join(lines) + "\n")


class World:
    def __init__(self, program, folder):
        self.folder = folder
        self.here = folder
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "joulebench").symlink_to(program)
        self.environment = dict(
            os.environ, HOME=str(folder / "home"), XDG_DATA_HOME=str(folder / "home/data"), XDG_CACHE_HOME=str(folder / "home/cache"),
            PATH=f"{bin_folder}:{pathlib.Path.home()}/.cargo/bin:{os.environ['PATH']}", JOULEBENCH_LABEL_SEARCH="off", JOULEBENCH_LOCK_FILE=str(folder / "lock"))
        # Where rustup keeps what rustc is.
        self.environment.setdefault("RUSTUP_HOME", str(pathlib.Path.home() / ".rustup"))
        (folder / "home").mkdir()
        flowers(folder / "flowers.csv")

    def run(self, text):
        """The block's exit status and output; where it went with `cd` is remembered."""
        script = f"set -euo pipefail\n{text}\npwd > '{self.folder}/here'\n"
        done = subprocess.run(["bash", "-c", script], cwd=self.here, env=self.environment, text=True, timeout=600, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        if done.returncode == 0:
            self.here = pathlib.Path((self.folder / "here").read_text().strip())
        return done


def run_page(page, world):
    ran = skipped = 0
    skip = ""
    for block in BLOCK.finditer(page.read_text()):
        note = block["note"]
        if note is not None:
            if note.startswith("not run: "):
                skip = note
            elif note.startswith("needs: "):
                program = note.removeprefix("needs: ")
                skip = "" if shutil.which(program, path=world.environment["PATH"]) else f"{program} is not here"
            elif note.startswith("test: "):
                done = world.run(note.removeprefix("test: "))
                if done.returncode != 0:
                    sys.exit(f"{page.name}: the test's own '{note}' failed:\n{done.stdout}")
            continue
        if block["file"]:
            path = world.folder / block["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["text"])
            continue
        if block["kind"] != "sh":
            continue
        if skip:
            print(f"  skipped ({skip}): {block['text'].splitlines()[0]}")
            skip, skipped = "", skipped + 1
            continue
        done = world.run(block["text"])
        if done.returncode != 0:
            sys.exit(f"{page.name}: exit status {done.returncode} of\n{block['text']}\n{done.stdout}")
        ran += 1
    print(f"{page.name}: {ran} blocks ran, {skipped} skipped")
    return ran


def check_links(page, root):
    for link in LINK.findall(page.read_text()):
        if not (page.parent / link).exists():
            sys.exit(f"{page.relative_to(root)}: the link {link} leads nowhere")


def main():
    program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    wanted = sys.argv[3:]
    ran = 0
    for page in sorted((root / "docs").glob("*.md")):
        check_links(page, root)
        if wanted and page.name not in wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="joulebench-docs-") as folder:
            world = World(program, pathlib.Path(folder))
            if page.name == "participate.md":  # what the organizer sent
                done = world.run("mkdir sent && joulebench competition init sent/cup --csv flowers.csv --label kind && "
                                 "joulebench competition bundle sent/cup/competition.json --output cup-bundle.tar.gz && rm -r sent flowers.csv")
                if done.returncode != 0:
                    sys.exit(done.stdout)
            ran += run_page(page, world)
    if ran == 0:
        sys.exit("no block was run")


if __name__ == "__main__":
    main()
