#!/usr/bin/env python3
"""Measures every cheat and every honest kind of cheats/ and decides whether each got what it must get.

  cheats.py --program JOULEBENCH [--campaigns N] [--only NAME,...] [--quick] [--references]

Each campaign is one `joulebench run` on a small competition on digits with modelled energy: CPU time, so that no sensor is
needed. A cheat's energy is compared with that of its honest base, measured in the same campaign. The first lines of an entry say
    // expect: held|no-gain         verdicts that are right (below); "honest" for what must never be held or fail
    // track: digits|digits-stream  where it runs (default digits)
    // base: NAME                   what it is compared with (default base_nearest)
    // needs: answers               the hidden answers, for what an organizer alone can find
    // tries: ...                   what it does
Verdicts: "held" by a flag; else the outcome's name where it is not valid; "less-accurate" than its base by more than a point;
"no-gain", less than 10 % below the base's energy; "GAIN" otherwise. Exit status 1 when one is wrong, 2 when nothing can be said.
"""
import argparse
import csv
import glob
import gzip
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
FAILURES = ["build", "load", "protocol", "timeout", "cpu", "memory", "processes", "output", "crash", "predictions", "violation"]
GAIN = 0.9
LESS_ACCURATE = 0.01
VOID_RUNS = 3  # in all
# What says of the program that it cheats, in distinction to flags on machine and spread.
HOLDING = {"answer-caching", "coalescing", "mode-switching", "trainings-differ"}
QUICK = ["base_nearest", "memo_rounded", "gap_burner", "late_writer", "honest_cutoff"]


class Kind:
    """One cheat or honest kind, or a reference entry, on one track."""

    def __init__(self, name, track, expect=("honest",), base="base_nearest", needs="", source=None, folder=None):
        self.name, self.track, self.expect = name, track, list(expect)
        self.base, self.needs, self.source, self.folder = base, needs, source, folder
        self.is_honest = "honest" in self.expect

    @property
    def shown(self):
        return self.name if self.track == "digits" else "%s on %s" % (self.name, self.track)


def kinds_of(path):
    with open(path) as file:
        text = file.read()
    field = lambda key, default: next(iter(re.findall("^// %s: (.*)$" % key, text, re.M)), default)
    name = os.path.basename(path)[:-4]
    if not field("expect", ""):
        sys.exit(path + ": no line '// expect: ...'")
    for track in field("track", "digits").split("|"):
        yield Kind(name, track, field("expect", "").split("|"), field("base", "base_nearest"),
                   field("needs", ""), source=path)


def reference_kinds():
    for path in sorted(glob.glob(os.path.join(SOURCE, "submissions", "reference", "*", "submission.json"))):
        folder = os.path.dirname(path)
        name = os.path.basename(folder)
        if name.startswith("learning-"):
            yield Kind(name, "digits-training", folder=folder)
            continue
        with open(path) as file:
            tracks = json.load(file).get("tracks", ["digits", "digits-stream"])
        for track in ("digits", "digits-stream"):
            if track in tracks:
                yield Kind(name, track, folder=folder)


def competition():
    """Short blocks, so that a campaign takes seconds; the format is that of the competition in the tree."""
    with open(os.path.join(SOURCE, "competitions", "digits", "competition.json")) as file:
        form = json.load(file)["format"]
    protocol = {"blocks": 5, "min_block_s": 0.3, "min_sensor_periods": 1, "idle_s": 0, "tail_s": 0.2}
    tracks = [{"id": "digits", "limits": {"cpus": 1}}, {"id": "digits-two-cpus", "limits": {"cpus": 2}},
              {"id": "digits-stream", "scenario": "single-stream", "limits": {"cpus": 1}},
              {"id": "digits-training", "task": "train", "limits": {"cpus": 2}}]
    for track in tracks:
        track.update(dataset="digits", protocol=protocol)
    return {"format": form, "id": "cheats", "tracks": tracks}


class Bench:
    """A folder with the competition and the entries, built as they are needed."""

    def __init__(self, program, keep):
        self.program = os.path.abspath(program)
        self.keep = keep
        self.folder = tempfile.mkdtemp(prefix="jb-cheats-")
        os.chmod(self.folder, 0o755)
        self.datasets = os.path.join(self.folder, "datasets")
        shutil.copytree(os.path.join(SOURCE, "datasets", "digits"), os.path.join(self.datasets, "digits"))
        self.competition = os.path.join(self.folder, "competition.json")
        with open(self.competition, "w") as file:
            json.dump(competition(), file)
        self.public = os.path.join(self.folder, "public")
        subprocess.run([self.program, "dataset", "export", "digits", self.public, "--datasets", self.datasets],
                       check=True, stdout=subprocess.DEVNULL)
        self.entries = {}
        self.results = {}

    def entry(self, kind):
        if kind.folder:
            return kind.folder
        if kind.name not in self.entries:
            folder = os.path.join(self.folder, "entries", kind.name)
            os.makedirs(folder)
            subprocess.run([os.environ.get("CXX", "c++"), "-std=c++17", "-O3", "-march=native", "-static", "-pthread",
                            "-I" + os.path.join(HERE, "cheats"), "-I" + os.path.join(SOURCE, "submissions", "kits", "cpp"),
                            "-o", os.path.join(folder, "entry"), kind.source], check=True)
            for name in ("inputs.npy", "labels.npy"):
                shutil.copy(os.path.join(self.public, name), folder)
            if kind.needs == "answers":
                self.write_answers(os.path.join(folder, "answers.txt"))
            with open(os.path.join(folder, "submission.json"), "w") as file:
                json.dump({"format": "joulebench-submission/1", "name": kind.name.replace("_", "-"), "team": "cheats",
                           "version": "1", "command": ["./entry"]}, file)
            self.entries[kind.name] = folder
        return self.entries[kind.name]

    def write_answers(self, path):
        """Label and pixels of every sample, as a contestant who finds the data set elsewhere could write them down."""
        with gzip.open(os.path.join(self.datasets, "digits", "digits.csv.gz"), "rt") as file, open(path, "w") as out:
            for row in csv.reader(file):
                out.write(" ".join(str(int(float(value))) for value in [row[-1]] + row[:-1]) + "\n")

    def run(self, kind, campaign):
        """One campaign of one kind: outcome, flags, energy, accuracy. Measured once each, again where the machine disturbed it."""
        key = (kind.name, kind.track, campaign)
        for attempt in range(VOID_RUNS if key not in self.results else 0):
            self.results[key] = self.measure(kind, "record-%s-%s-%d-%d" % (*key, attempt))
            if self.results[key]["outcome"] != "void" or "void" in kind.expect:
                break
        return self.results[key]

    def measure(self, kind, name):
        record = os.path.join(self.folder, name)
        environment = dict(os.environ, JOULEBENCH_LOCK_FILE=os.path.join(self.folder, "lock"))
        start = time.monotonic()
        end = subprocess.run([self.program, "run", self.entry(kind), "--competition", self.competition, "--track", kind.track,
                              "--meters", "model", "--datasets", self.datasets, "--record", record, "--format", "json", "--quiet"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, stdin=subprocess.DEVNULL)
        if end.returncode > 1:
            sys.exit("%s: the program ended with status %d\n%s" % (kind.name, end.returncode, end.stderr.decode()))
        found = json.loads(end.stdout)
        result = {
            "outcome": found["outcome"], "message": found.get("message", ""), "accuracy": found.get("accuracy"),
            "flags": {flag["name"]: flag["detail"] for flag in found["flags"] if flag["name"] in HOLDING},
            "joules": found.get("joules_per_sample") or found.get("joules_per_training"), "seconds": time.monotonic() - start}
        if not self.keep:
            shutil.rmtree(record, ignore_errors=True)
        return result

    def close(self):
        if self.keep:
            print("kept in " + self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def verdict(result, base):
    """What became of it, and its energy as a share of its base's (None: it has none)."""
    ratio = result["joules"] / base["joules"] if result["joules"] and base["joules"] else None
    if result["flags"]:
        return "held", ratio
    if result["outcome"] != "valid":
        return result["outcome"], ratio
    if ratio is None:
        return "no figure", ratio
    if result["accuracy"] < base["accuracy"] - LESS_ACCURATE:
        return "less-accurate", ratio
    return ("GAIN" if ratio < GAIN else "no-gain"), ratio


def is_right(kind, word):
    if kind.is_honest:
        return word not in ["held", "no figure", "void"] + FAILURES
    if "organizer" in kind.expect:
        return word in ("GAIN", "held")
    return word in kind.expect


def counted(words):
    return ", ".join("%s %d" % (word, words.count(word)) for word in sorted(set(words)))


def judge(bench, kind, kinds, campaigns):
    """Runs all campaigns of one kind; one line of the table, and whether it is right."""
    base_kind = next(one for one in kinds if one.name == kind.base)
    base_kind = Kind(base_kind.name, kind.track, source=base_kind.source)
    is_own_base = kind.folder is not None or kind.base == kind.name or kind.track == "digits-training" and kind.is_honest
    words, ratios, flags, wrong = [], [], {}, []
    for campaign in range(campaigns):
        base = bench.run(kind if is_own_base else base_kind, campaign)
        result = bench.run(kind, campaign)
        word, ratio = verdict(result, base)
        words.append(word)
        ratios += [ratio] if ratio else []
        flags.update(result["flags"])
        if not is_right(kind, word):
            wrong.append("campaign %d: %s %s" % (campaign + 1, word, result["message"]))
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None
    shown = "-" if mean is None or is_own_base else "%.3f" % mean
    if len(ratios) > 1 and not is_own_base:
        shown += " (%.3f to %.3f)" % (min(ratios), max(ratios))
    expected = "honest" if kind.is_honest else "|".join(kind.expect)
    print("%-36s %-24s %-32s %-24s %s" % (kind.shown, counted(words), ",".join(sorted(flags)) or "-", shown,
                                          "right" if not wrong else "WRONG, expected " + expected), flush=True)
    for name, detail in sorted(flags.items()):
        print("    %s: %s" % (name, detail))
    for text in wrong:
        print("    " + text, flush=True)
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--campaigns", type=int, default=1)
    parser.add_argument("--only", help="names, separated by commas")
    parser.add_argument("--quick", action="store_true", help="a few of them: " + ", ".join(QUICK))
    parser.add_argument("--references", action="store_true", help="the reference entries of the tree too")
    parser.add_argument("--keep", action="store_true", help="keep entries and records")
    options = parser.parse_args()
    kinds = [kind for path in sorted(glob.glob(os.path.join(HERE, "cheats", "*.cpp"))) for kind in kinds_of(path)]
    chosen = kinds + (list(reference_kinds()) if options.references else [])
    if options.quick:
        chosen = [kind for kind in kinds if kind.name in QUICK and kind.track != "digits-stream"]
    if options.only:
        names = options.only.split(",")
        unknown = set(names) - {kind.name for kind in chosen}
        if unknown:
            sys.exit("no such entry: " + ", ".join(sorted(unknown)))
        chosen = [kind for kind in chosen if kind.name in names]
    bench = Bench(options.program, options.keep)
    start = time.monotonic()
    print("%-36s %-24s %-32s %-24s %s" % ("entry", "outcome", "flags", "energy, share of base", "verdict"))
    try:
        wrong = sum(not judge(bench, kind, kinds, options.campaigns) for kind in chosen)
    finally:
        bench.close()
    print("%d entries, %d campaigns each, %d wrong, %.0f s" % (len(chosen), options.campaigns, wrong, time.monotonic() - start))
    sys.exit(1 if wrong else 0)


main()
