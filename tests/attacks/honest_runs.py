#!/usr/bin/env python3
"""Runs honest entries again and again and counts accusations: there must be none.

  honest_runs.py JOULEBENCH [--runs 20] [--competition FILE] [--track ID] ENTRY...

Each run has its own pilot, so its own audits, and one short block. Exit status 1 when one is flagged or fails."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ACCUSATIONS = {"answer-caching", "coalescing", "mode-switching"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("entries", nargs="+")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--competition", default=os.path.join(ROOT, "competitions/digits/competition.json"))
    parser.add_argument("--track", default="digits")
    options = parser.parse_args()
    with open(options.competition) as file:
        competition = json.load(file)
    for track in competition["tracks"]:
        track["protocol"] = dict(track.get("protocol", {}), blocks=1, min_block_s=0.2, idle_s=0)
        track["baselines"] = []
    folder = tempfile.mkdtemp(prefix="honest-runs-")
    short = os.path.join(folder, "competition.json")
    with open(short, "w") as file:
        json.dump(competition, file)
    problems = 0
    for entry in options.entries:
        ratios = {}
        flagged = failed = 0
        for _ in range(options.runs):
            record = os.path.join(folder, "record")
            shutil.rmtree(record, ignore_errors=True)
            end = subprocess.run([options.program, "run", entry, "--competition", short, "--track", options.track, "--meters",
                                  "model", "--record", record, "--format", "json", "--quiet"], stdout=subprocess.PIPE)
            failed += end.returncode != 0
            if end.returncode > 1:
                sys.exit("%s: the program ended with %d" % (entry, end.returncode))
            flags = {flag["name"] for flag in json.loads(end.stdout)["flags"]}
            flagged += bool(flags & ACCUSATIONS)
            with open(os.path.join(record, "run.json")) as file:
                for audit in json.load(file)["audits"]:
                    if "ratio" in audit:
                        ratios.setdefault(audit["name"], []).append(audit["ratio"])
        shown = ", ".join("%s %.2f to %.2f" % (name, min(found), max(found)) for name, found in sorted(ratios.items()))
        print("%s: %d runs, %d flagged, %d failed; ratios: %s" % (
            os.path.basename(os.path.normpath(entry)), options.runs, flagged, failed, shown), flush=True)
        problems += flagged + failed
    shutil.rmtree(folder)
    sys.exit(1 if problems else 0)


main()
