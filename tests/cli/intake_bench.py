#!/usr/bin/python3
"""How long intake takes for many archives. Not a test: it prints.

  intake_bench.py JOULEBENCH [ARCHIVES [MB]]      default 1,000 archives of 1 MB, of ten teams with keys
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import always_zero  # noqa: E402

TEAMS = 10


def entry(folder, name, team, weights):
    folder.mkdir()
    manifest = {"format": "joulebench-submission/1", "name": name, "team": team, "version": "1", "command": ["python3", "-S", "program.py"]}
    (folder / "submission.json").write_text(json.dumps(manifest))
    (folder / "program.py").write_text(always_zero.PROGRAM)
    (folder / "weights").write_bytes(weights)


def main():
    joulebench = os.path.abspath(sys.argv[1])
    archives = int((sys.argv[2:] + ["1000"])[0])
    size = int(float((sys.argv[3:] + ["1"])[0]) * 1e6)
    with tempfile.TemporaryDirectory(prefix="joulebench-intake-") as name:
        folder = pathlib.Path(name)
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        teams = ""
        for i in range(TEAMS):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / f"key{i}"], check=True)
            teams += f"team{i} " + " ".join((folder / f"key{i}.pub").read_text().split()[:2]) + "\n"
        (folder / "teams").write_text(teams)
        competition = {"format": "joulebench-competition/2", "id": "bench", "teams": "teams", "tracks": [
            {"id": "digits", "dataset": "digits", "ranking": {"floors": [0.05]},
             "limits": {"load_s": 60, "request_s": 60, "wall_s": 120, "memory_mb": 200, "processes": 16, "cpus": 1}}]}
        (folder / "competition.json").write_text(json.dumps(competition))
        inbox = folder / "inbox"
        inbox.mkdir()
        draw = random.Random(1)
        for i in range(archives):
            entry(folder / f"entry{i}", f"entry-{i}", f"team{i % TEAMS}", draw.randbytes(size))
            subprocess.run([joulebench, "submission", "pack", folder / f"entry{i}", "--output", inbox / f"entry-{i}.tar.gz", "--sign",
                            folder / f"key{i % TEAMS}"], check=True, stdout=subprocess.DEVNULL, env=environment)
        begin, before = time.monotonic(), os.times()
        done = subprocess.run([joulebench, "intake", folder / "competition.json", "--db", folder / "board.db", inbox, "--settle-s", "0",
                               "--format", "json"],
                              capture_output=True, text=True, env=environment)
        wall, after = time.monotonic() - begin, os.times()
        decided = json.loads(done.stdout) if done.returncode in (0, 1) else {}
        accepted = decided.get("accepted")
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"{archives} archives of {size / 1e6:g} MB: {wall:.1f} s, {cpu:.1f} s of CPU time, {accepted} accepted, exit status "
              f"{done.returncode}; load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
        if done.returncode != 0:
            print(done.stderr[-2000:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
