#!/usr/bin/env python3
"""How much memory a run takes: peak of the program's resident set, and of its files in memory, at the same instant.

  run_memory.py JOULEBENCH [--entry FOLDER] [--dataset fashion-mnist] [--passes 200] [--seconds 7]

Runs one block of the entry on the dataset, modelled, of at least so many seconds, and looks every 20 ms at the
program's RSS, at its folders of inputs (--scratch is made here, in /dev/shm) and at the sandbox's /jb/out. The figure to
reach: 200 passes of Fashion-MNIST in at most 400 MB. Exit status 1 above it, or when the block had fewer passes."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MOST_MB = 400


def resident(pid):
    with open("/proc/%d/statm" % pid) as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def used(folder):
    """Bytes of a folder's files; they come and go while we look."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(path, name)).st_blocks * 512
            except OSError:
                pass
    return total


def output_of_sandbox(pid):
    """What lies in /jb/out of a sandbox below `pid`."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            children = [int(word) for word in file.read().split()]
    except OSError:
        return 0
    for child in children:
        try:
            system = os.statvfs("/proc/%d/root/jb/out" % child)
            return (system.f_blocks - system.f_bfree) * system.f_frsize
        except OSError:
            pass
        below = output_of_sandbox(child)
        if below:
            return below
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--entry", default=os.path.join(ROOT, "submissions/reference/logistic-regression"))
    parser.add_argument("--dataset", default="fashion-mnist")
    parser.add_argument("--passes", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="run-memory-") as folder:
        os.chmod(folder, 0o755)
        scratch = os.path.join(folder, "scratch")
        os.mkdir(scratch)
        os.chmod(scratch, 0o755)
        competition = os.path.join(folder, "competition.json")
        with open(competition, "w") as file:
            json.dump({"format": "joulebench-competition/2", "id": "memory", "tracks": [{
                "id": options.dataset, "dataset": options.dataset,
                "protocol": {"blocks": 1, "min_block_s": options.seconds, "idle_s": 0}}]}, file)
        record = tempfile.mkdtemp(prefix="run-memory-")
        run = subprocess.Popen([options.program, "run", options.entry, "--competition", competition, "--meters", "model",
                                "--scratch", scratch, "--record", record, "--quiet"], stdout=subprocess.DEVNULL)
        peak = (0, 0, 0, 0)
        while run.poll() is None:
            try:
                now = (resident(run.pid), used(scratch), output_of_sandbox(run.pid))
            except (OSError, IndexError):
                break
            peak = max(peak, (sum(now), *now))
            time.sleep(0.02)
        if run.wait() != 0:
            sys.exit("the run failed with %d" % run.returncode)
    with open(os.path.join(record, "run.json")) as file:
        passes = sum(block["passes"] for block in json.load(file)["blocks"] if block["outcome"] == "valid")
    total, rss, inputs, outputs = (bytes / 1e6 for bytes in peak)
    print("%d passes of %s: at its peak %.0f MB: program %.0f MB, inputs %.0f MB, /jb/out %.0f MB; %d MB are allowed" % (
        passes, options.dataset, total, rss, inputs, outputs, MOST_MB))
    sys.exit(total > MOST_MB or passes < options.passes)


main()
