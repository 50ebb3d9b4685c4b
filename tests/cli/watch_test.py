#!/usr/bin/python3
"""A competition that one process keeps: uploads come in while it is killed again and again, and nothing is lost or done twice.

  watch_test.py JOULEBENCH       JOULEBENCH_WATCH_S: seconds with uploads and kills (default 4; an hour is 3600)

Entries use a fixed CPU time for each sample, so that how busy the machine is matters little to their blocks. `joulebench intake --watch` is ended with SIGKILL at random instants and started again at once. Meanwhile three teams upload good entries,
corrected ones, broken, forged and unsigned ones, files that are still being written, copies of known files, and requests to withdraw. In the
end receipts, log, board and public pages are compared with what was uploaded.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

JOULEBENCH = os.path.abspath(sys.argv.pop(1))
LENGTH_S = float(os.environ.get("JOULEBENCH_WATCH_S", "4"))
SEED = int(os.environ.get("JOULEBENCH_WATCH_SEED", random.SystemRandom().randrange(1 << 30)))
TEAMS = ["red", "green", "blue"]
BLOCKS = 2 if LENGTH_S >= 60 else 1
PROGRAM = '''import json, sys, time
def say(event):
    print(json.dumps(event), flush=True)
say({"event": "ready"})
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "exit":
        break
    end = time.process_time() + request["count"] * 6e-5
    with open(request["predictions"], "w") as file:
        file.write("ANSWER\\n" * request["count"])
    while time.process_time() < end:
        pass
    say({"event": "done", "request": request["request"]})
'''
COMPETITION = {
    "format": "joulebench-competition/2", "id": "small", "teams": "teams", "tracks": [{
        "id": "digits", "dataset": "digits", "baselines": ["base"], "ranking": {"floors": [0.05], "min_blocks": 1},
        "protocol": {"blocks": BLOCKS, "min_block_s": 0.02, "idle_s": 0, "tail_s": 0, "salt": False},
        "limits": {"load_s": 60, "request_s": 60, "wall_s": 120, "memory_mb": 200, "processes": 16}}]}


class Upload:
    def __init__(self, name, accepted, entry=None, version=None, withdraws=None):
        self.name, self.accepted, self.entry, self.version, self.withdraws = name, accepted, entry, version, withdraws


class World:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="joulebench-watch-"))
        self.inbox = self.folder / "inbox"
        self.inbox.mkdir()
        self.random = random.Random(SEED)
        self.environment = {**os.environ, "JOULEBENCH_LABEL_SEARCH": "off", "JOULEBENCH_LOCK_FILE": str(self.folder / "lock"),
                            "XDG_CACHE_HOME": str(self.folder / "cache")}
        lines = []
        for team in TEAMS:
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", team, "-f", self.folder / team], check=True)
            lines.append(f"{team} " + " ".join((self.folder / f"{team}.pub").read_text().split()[:2]) + "\n")
        (self.folder / "teams").write_text("".join(lines))
        (self.folder / "competition.json").write_text(json.dumps(COMPETITION))
        self.write_entry("base", "", "base", "1", 0)
        self.uploads = []
        self.versions = {}  # (team, name): the last version
        self.starts = self.kills = 0
        self.watcher = None

    def write_entry(self, folder, team, name, version, answer, broken=False):
        path = self.folder / folder
        path.mkdir()
        manifest = {"format": "joulebench-submission/1", "name": name, "version": version, "command": ["python3", "-S", "program.py"]}
        if team:
            manifest["team"] = team
        (path / "submission.json").write_text(json.dumps(manifest))
        (path / "program.py").write_text("import sys\nsys.exit(3)\n" if broken else PROGRAM.replace("ANSWER", str(answer)))
        return path

    def call(self, *words):
        return subprocess.run([JOULEBENCH, *map(str, words)], capture_output=True, text=True, env=self.environment, timeout=300)

    # --- the teams ---
    def upload(self):
        number = len(self.uploads)
        team = self.random.choice(TEAMS)
        kind = self.random.choices(["new", "corrected", "broken", "forged", "unsigned", "slow", "copy", "withdrawal"], [6, 4, 2, 2, 1, 2, 2, 2])[0]
        mine = [key for key in self.versions if key[0] == team]
        if kind == "corrected" and mine:
            self.pack(number, team, self.random.choice(mine)[1])
        elif kind == "withdrawal" and mine:
            self.withdraw(number, team, self.random.choice(mine)[1])
        elif kind == "copy" and any(one.entry and one.accepted for one in self.uploads):
            known = self.random.choice([one for one in self.uploads if one.entry and one.accepted])
            name = f"{number:04}-copy-{known.name}"
            shutil.copy(self.inbox / (known.name + ".sig"), self.inbox / (name + ".sig"))
            shutil.copy(self.inbox / known.name, self.inbox / name)
            self.uploads.append(Upload(name, True))  # the answer is that of the file that it is a copy of
        else:
            self.pack(number, team, f"e{number}", kind)

    def pack(self, number, team, name, kind="new"):
        version = str(number)
        folder = self.write_entry(f"{number:04}", team, name, version, number % 10, kind == "broken")
        archive = f"{number:04}-{name}.tar.gz"
        key = self.random.choice([one for one in TEAMS if one != team]) if kind == "forged" else team
        ready = self.folder / archive
        done = self.call("submission", "pack", folder, "--output", ready, *([] if kind == "unsigned" else ["--sign", self.folder / key]))
        assert done.returncode == 0, done.stderr
        signature = pathlib.Path(f"{ready}.sig")
        if signature.exists():
            shutil.move(signature, self.inbox / signature.name)
        if kind == "slow":  # half of it lies there while somebody looks
            content = ready.read_bytes()
            with open(self.inbox / archive, "wb") as file:
                file.write(content[:len(content) // 2])
                file.flush()
                time.sleep(self.random.uniform(0.1, 0.5))
                file.write(content[len(content) // 2:])
        else:
            ready.rename(self.inbox / archive)
        accepted = kind in ("new", "corrected", "slow", "copy", "withdrawal")
        self.uploads.append(Upload(archive, accepted, (team, name), version))
        if accepted:
            self.versions[(team, name)] = version

    def withdraw(self, number, team, name):
        # Which versions it takes back depends on which were accepted before: it waits for them.
        end_at = time.monotonic() + 60
        while any(one.entry == (team, name) and not self.has_receipt(one) for one in self.uploads):
            if time.monotonic() > end_at or self.watcher.poll() is not None:
                return
            time.sleep(0.05)
        file = f"{number:04}-{name}.request.json"
        done = self.call("submission", "withdraw", name, "--competition", "small", "--team", team, "--sign", self.folder / team,
                         "--output", self.folder / file)
        assert done.returncode == 0, done.stderr
        (self.folder / (file + ".sig")).rename(self.inbox / (file + ".sig"))
        (self.folder / file).rename(self.inbox / file)
        self.uploads.append(Upload(file, True, withdraws=(team, name)))
        del self.versions[(team, name)]

    # --- the organizer's process ---
    def start(self):
        self.starts += 1
        with open(self.folder / "watch.log", "ab") as log:
            self.watcher = subprocess.Popen(
                [JOULEBENCH, "intake", str(self.folder / "competition.json"), str(self.inbox), "--db", str(self.folder / "board.db"), "--watch",
                 "--site", str(self.folder / "public"), "--meters", "model", "--settle-s", "0", "--signature-wait-s", "1", "--period-s", "0.2"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.environment)

    def kill(self):
        self.watcher.kill()
        self.watcher.wait()
        self.kills += 1

    def has_receipt(self, upload):
        return (self.inbox / (upload.name + ".receipt.json")).exists()

    def receipt(self, upload):
        return json.loads((self.inbox / (upload.name + ".receipt.json")).read_text())

    def board(self):
        done = self.call("board", "show", "--db", self.folder / "board.db", "--format", "json")
        return json.loads(done.stdout)["boards"][0] if done.returncode == 0 else None

    def finished(self):
        """Every upload is answered, every entry that stands has its blocks, and the pages are of the newest state."""
        if not all(self.has_receipt(one) for one in self.uploads):
            return False
        board = self.board()
        if board is None:
            return False
        versions = {(one["team"], one["entry"]): one for one in board["entries"] if one["state"] == "valid"}
        for key, version in self.versions.items():
            one = versions.get(key)
            if one is None or one["version"] != version or (one["score"] or {}).get("blocks") != BLOCKS:
                return False
        return self.call("board", "verify", "--db", self.folder / "board.db", "--site", self.folder / "public").returncode == 0

    def close(self):
        if self.watcher and self.watcher.poll() is None:
            self.watcher.kill()
            self.watcher.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Watch(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def test_nothing_is_lost_or_done_twice_however_often_it_is_killed(self):
        world, draw = self.world, random.Random(SEED + 1)
        pace = max(1.0, min(20.0, LENGTH_S / 60))  # seconds between two uploads, on average
        end_at = time.monotonic() + LENGTH_S
        next_upload = time.monotonic()
        world.start()
        kill_at = time.monotonic() + draw.uniform(0.02, 2 * pace)
        while time.monotonic() < end_at:
            self.assertIsNone(world.watcher.poll(), "the watcher ended by itself:\n" + self.log())
            now = time.monotonic()
            if now >= kill_at:
                world.kill()
                world.start()
                # Some at once, while it starts; most later.
                kill_at = now + (draw.uniform(0, 0.1) if draw.random() < 0.2 else draw.uniform(0.1, 3 * pace))
            if now >= next_upload:
                world.upload()
                next_upload = now + draw.uniform(0.2, 1.8) * pace
            time.sleep(0.005)
        self.let_it_finish()
        self.compare()
        print(f"seed {SEED}: {LENGTH_S:g} s, {len(world.uploads)} uploads, {world.kills} kills, {world.starts} starts, "
              f"{len(world.versions)} entries stand in the ranks")

    def let_it_finish(self):
        world = self.world
        world.pack(len(world.uploads), TEAMS[0], "last")  # of others all may be withdrawn
        end_at = time.monotonic() + max(120, LENGTH_S)
        while not world.finished():
            self.assertIsNone(world.watcher.poll(), "the watcher ended by itself:\n" + self.log())
            self.assertLess(time.monotonic(), end_at, "it does not come to its end:\n" + self.log())
            time.sleep(0.2)
        world.watcher.send_signal(signal.SIGINT)
        self.assertEqual(world.watcher.wait(timeout=120), 130, self.log())

    def compare(self):
        world = self.world
        for one in world.uploads:
            self.assertEqual(world.receipt(one)["accepted"], one.accepted, f"{one.name}: {world.receipt(one)}")
        history = json.loads(world.call("board", "history", "--db", world.folder / "board.db", "--format", "json").stdout)["events"]
        decided = [event["detail"]["upload"] for event in history if event["kind"] == "intake"]
        self.assertEqual(len(decided), len(set(decided)), "something was decided twice")
        copies = {one.name for one in world.uploads if "-copy-" in one.name}
        self.assertEqual(set(decided), {one.name for one in world.uploads} - copies)
        board = world.board()
        standing = {(one["team"], one["entry"]): one["version"] for one in board["entries"]
                    if not one["baseline"] and one["state"] == "valid"}
        self.assertEqual(standing, world.versions)
        for one in board["entries"]:
            if one["state"] == "valid":  # one that was replaced or withdrawn while it ran stays where it was
                self.assertEqual(one["outcome"], "valid", one)
        kept = {path.name for path in (world.folder / "board.archives").iterdir()} - {"lock"}
        accepted = {world.receipt(one)["sha256"] + ".tar.gz" for one in world.uploads if one.accepted and one.entry}
        self.assertEqual(kept, accepted)
        rows = (world.folder / "public/board.csv").read_text()
        for _, name in world.versions:
            self.assertIn(name, rows)
        self.assertEqual([name for name in os.listdir(world.inbox) if name.startswith(".")], [])

    def log(self):
        return "".join((self.world.folder / "watch.log").read_text(errors="replace").splitlines(True)[-40:]) + f"seed {SEED}"


if __name__ == "__main__":
    unittest.main(verbosity=2)
