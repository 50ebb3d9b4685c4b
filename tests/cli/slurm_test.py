#!/usr/bin/python3
"""A campaign on a Slurm cluster of two nodes on loopback, which the test starts and ends itself.

  slurm_test.py JOULEBENCH [CASE...]           status 77: no Slurm here (Debian: slurm-wlm, munge)
  slurm_test.py JOULEBENCH --bench [BLOCKS]    prints what the executor adds to each of so many blocks (default 1,000)

Entries use a fixed CPU time for each sample, so that energy of the model meter, which computes it from CPU time, hardly depends
on how busy the machine is. Two boards are the same where every entry has as many runs that are valid, the same accuracy, blocks
enough, an energy within a tenth, and stands in the same order; entries lie a quarter apart.
"""
import json
import os
import pathlib
import pty
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import slurm_cluster  # noqa: E402

JOULEBENCH = ""
PROGRAM = '''import json, sys, time
def say(event):
    print(json.dumps(event), flush=True)
say({"event": "ready"})
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "exit":
        break
    end = time.CLOCK() + request["count"] * COST
    with open(request["predictions"], "w") as file:
        file.write("ANSWER\\n" * request["count"])
    while time.CLOCK() < end:
        PAUSE
    say({"event": "done", "request": request["request"]})
'''


def competition(blocks, min_block_s, **ranking):
    return {"format": "joulebench-competition/2", "id": "small", "tracks": [{
        "id": "digits", "dataset": "digits", "baselines": ["base"], "ranking": {"floors": [0.05], "min_blocks": 1, **ranking},
        "protocol": {"blocks": blocks, "min_block_s": min_block_s, "idle_s": 0, "tail_s": 0.02, "salt": False},
        "limits": {"load_s": 30, "request_s": 30, "wall_s": 120, "memory_mb": 200, "processes": 16}}]}


def write_entry(folder, name, cost_us, answer, sleeps=False):
    """Its cost is CPU time, or time alone, which a counter of constant power shows."""
    (folder / name).mkdir(parents=True)
    manifest = {"format": "joulebench-submission/1", "name": name, "team": "tests", "version": "1",
                "command": ["python3", "-S", "program.py"]}
    (folder / name / "submission.json").write_text(json.dumps(manifest))
    program = PROGRAM.replace("CLOCK", "monotonic" if sleeps else "process_time").replace("COST", f"{cost_us}e-6")
    program = program.replace("PAUSE", "time.sleep(max(0, end - time.monotonic()))" if sleeps else "pass")
    (folder / name / "program.py").write_text(program.replace("ANSWER", str(answer)))


class World:
    """A folder with a competition of so many entries."""

    def __init__(self, entries, blocks=1, step=1.25, sleeps=False, meters="model"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="joulebench-test-"))
        self.blocks, self.meters, self.min_block_s = blocks, meters, 0.3 if sleeps else 0.02
        self.set_ranking()
        first = 400 if sleeps else 60
        write_entry(self.folder, "base", first, 0, sleeps)
        for i in range(entries):
            write_entry(self.folder / "submissions", f"entry-{i:02}", round(first * step ** (i + 1)), i % 10, sleeps)

    def set_ranking(self, **ranking):
        (self.folder / "competition.json").write_text(json.dumps(competition(self.blocks, self.min_block_s, **ranking)))

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, cluster):
        base = cluster.environment() if cluster else dict(os.environ)
        return {**base, "JOULEBENCH_LABEL_SEARCH": "off", "JOULEBENCH_LOCK_FILE": str(self.folder / "lock"),
                "XDG_CACHE_HOME": str(self.folder / "cache")}

    def words(self, database, *more):
        return [JOULEBENCH, "evaluate", str(self.folder / "competition.json"), "--db", str(self.folder / database),
                "--meters", self.meters, *more]

    def start_here(self, database):
        """On this machine, beside what nodes do."""
        return subprocess.Popen(self.words(database, "--quiet"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env=self.environment(None))

    def start(self, cluster, database, *more, nodes=("--nodes", "2")):
        words = self.words(database, "--executor", "slurm", *nodes, *more)
        with open(self.folder / "evaluate.log", "ab") as log:
            return subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.environment(cluster))

    def run(self, cluster, *words):
        return subprocess.run(words, capture_output=True, text=True, env=self.environment(cluster), timeout=300)

    def status(self, cluster, database):
        done = self.run(cluster, *self.words(database, "--executor", "slurm", "--status", "--format", "json"))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["tracks"][0]

    def board(self, database):
        done = self.run(None, JOULEBENCH, "board", "show", "--db", str(self.folder / database), "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["boards"][0]

    def log(self):
        text = (self.folder / "evaluate.log").read_text()
        for log in sorted(self.folder.glob("*.jobs/*/session-*/log.txt")):
            text += f"--- {log}\n{log.read_text(errors='replace')}"
        return text

    def joules_of_blocks(self, database, node):
        """Of a sample in each valid block on a node, by entry."""
        blocks = {}
        for file in (self.folder / database).with_suffix(".jobs").glob(f"*/nodes/{node}/*/run.json"):
            record = json.loads(file.read_text())
            blocks.setdefault(record["entry"]["name"], []).extend(
                sum(domain["joules"] for domain in block["energy"] if domain["in_total"]) / block["samples"]
                for block in record["blocks"] if block["outcome"] == "valid")
        return blocks

    def blocks_on_disk(self, database):
        return len(list((self.folder / database).with_suffix(".jobs").glob("*/nodes/*/*/block-*")))


def figures(board):
    """What a reader of the board sees of each entry, by name: its valid runs, and what does not depend on time of each."""
    entries = {}
    for entry in board["entries"]:
        entries.setdefault(entry["entry"], []).append(entry)
    return {name: {"outcomes": {run["outcome"] for run in runs}, "accuracy": {run["score"]["accuracy"] for run in runs},
                   "class": {run["score"]["class"] for run in runs}, "runs": len(runs)}
            for name, runs in entries.items()}


def joules(board):
    return {entry["entry"]: entry["score"]["joules_per_sample"] for entry in board["entries"] if not entry["baseline"]}


class OnSlurm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = slurm_cluster.SlurmCluster(nodes=2, watts=(20, 40))

    @classmethod
    def tearDownClass(cls):
        cls.cluster.close()

    def setUp(self):
        start = time.monotonic()
        self.addCleanup(lambda: print(f"{time.monotonic() - start:.1f} s"))

    def world(self, *arguments, **named):
        world = World(*arguments, **named)
        self.addCleanup(world.remove)
        return world

    def wait_for(self, what, ready, limit_s=120):
        end_at = time.monotonic() + limit_s
        while not ready():
            self.assertLess(time.monotonic(), end_at, f"waited for {what}")
            time.sleep(0.1)

    def assert_within(self, value, values):
        self.assertTrue(0.999 * min(values) <= value <= 1.001 * max(values), f"{value} of {sorted(values)}")

    def assert_same_board(self, world, database, expected):
        board = world.board(database)
        one, two = figures(expected), figures(board)
        self.assertEqual(one["base"] | {"runs": 0}, two["base"] | {"runs": 0}, world.log())
        self.assertIn(two["base"]["runs"], (1, 2))  # one on each node that had sessions
        one.pop("base"), two.pop("base")
        self.assertEqual(one, two, world.log())
        before, after = joules(expected), joules(board)
        for name in before:
            self.assertAlmostEqual(after[name] / before[name], 1, delta=0.1, msg=name)
        self.assertEqual(sorted(before, key=before.get), sorted(after, key=after.get))
        done = world.run(None, JOULEBENCH, "board", "verify", "--db", str(world.folder / database))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_twelve_entries_over_two_nodes_have_the_board_of_one_machine(self):
        world = self.world(12)
        here = world.start_here("here.db")
        process = world.start(self.cluster, "slurm.db")
        self.assertEqual(process.wait(200), 0, world.log())
        said, _ = here.communicate(timeout=200)
        self.assertEqual(here.returncode, 0, said)
        self.assert_same_board(world, "slurm.db", world.board("here.db"))
        sessions = world.status(self.cluster, "slurm.db")["sessions"]
        self.assertEqual([one["stage"] for one in sessions], ["finished", "finished"])
        self.assertEqual({one["node"] for one in sessions}, {"node1", "node2"})
        self.assertEqual([one["entries"] for one in sessions], [7, 7])
        before = (world.folder / "slurm.db").read_bytes()
        again = world.run(self.cluster, *world.words("slurm.db", "--executor", "slurm", "--nodes", "2", "--quiet"))
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual((world.folder / "slurm.db").read_bytes(), before, "a call with nothing to do changes nothing")

    def test_a_coordinator_killed_ten_times_and_a_node_without_power_lose_nothing(self):
        world = self.world(4, 2)
        here = world.start_here("here.db")
        seed = random.randrange(2 ** 32)
        draw = random.Random(seed)
        killed = 0
        cut = False
        process = world.start(self.cluster, "slurm.db")
        while killed < 10:
            time.sleep(draw.uniform(0.05, 0.7))
            if process.poll() is not None:
                break
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
            if not cut and world.blocks_on_disk("slurm.db") >= 3:
                self.cluster.kill_node("node1")
                cut = True
            process = world.start(self.cluster, "slurm.db")
        if not cut:
            self.wait_for("three blocks", lambda: world.blocks_on_disk("slurm.db") >= 3)
            self.cluster.kill_node("node1")
        self.assertEqual(process.wait(200), 0, f"seed {seed}, {killed} kills\n{world.log()}")
        self.cluster.start_node("node1")
        print(f"seed {seed}: {killed} kills")
        said, _ = here.communicate(timeout=200)
        self.assertEqual(here.returncode, 0, said)
        self.assert_same_board(world, "slurm.db", world.board("here.db"))
        self.assertEqual({one["stage"] for one in world.status(self.cluster, "slurm.db")["sessions"]}, {"finished"})

    def test_a_session_that_fails_is_queued_again_given_up_and_finished_by_a_later_call(self):
        world = self.world(1)
        by_hand = world.run(None, *world.words("slurm.db", "--executor", "folder", "--quiet"))
        self.assertEqual(by_hand.returncode, 1, by_hand.stderr)  # planned, not evaluated
        copies = list(world.folder.glob("slurm.jobs/entries/*"))
        self.assertEqual(len(copies), 2)
        (copies[0] / "program.py").write_text("altered")
        process = world.start(self.cluster, "slurm.db", "--retries", "1")
        self.assertEqual(process.wait(100), 1, world.log())
        log = (world.folder / "evaluate.log").read_text()
        self.assertRegex(log, r"session 1 failed on node[12]: an entry is not the one that was planned[^$]*; it is queued again")
        self.assertRegex(log, r"session 1 failed on node[12]: an entry is not the one that was planned[^$]*; it is given up")
        board = world.board("slurm.db")
        self.assertEqual(board["entries"], [], "nothing counts for an entry")
        self.assertEqual([one["name"] for one in board["refused"]], ["session 1"])
        shutil.rmtree(copies[0])  # as the message says
        process = world.start(self.cluster, "slurm.db")
        self.assertEqual(process.wait(100), 0, world.log())
        self.assertEqual(len(world.board("slurm.db")["entries"]), 2)
        self.assertEqual(world.board("slurm.db")["refused"], [])

    def test_a_node_whose_counter_differs_is_apart_until_every_entry_runs_on_every_node(self):
        world = self.world(2, 2, step=2, sleeps=True, meters="powercap")
        with self.cluster.counters["node1"], self.cluster.counters["node2"]:
            process = world.start(self.cluster, "slurm.db")
            self.assertEqual(process.wait(200), 0, world.log())
            first, second = world.board("slurm.db")["sections"]
            self.assertRegex(second["apart"], r"its baseline uses [+-]\d+\.\d % of that on node[12].* not shown to be within 1 %")
            self.assertNotIn("by_ratio", first)
            refused = world.run(self.cluster, *world.words("slurm.db", "--executor", "slurm", "--every-node", "node1,node2"))
            self.assertEqual(refused.returncode, 2)
            self.assertIn("does not rank what ran on every machine", refused.stderr)
            world.set_ranking(nodes="every")
            process = world.start(self.cluster, "slurm.db", "--accept-changes", nodes=("--every-node", "node1,node2"))
            self.assertEqual(process.wait(200), 0, world.log())
        board = world.board("slurm.db")
        self.assertEqual([section.get("by_ratio") for section in board["sections"]], [True], board["unranked"])
        section = board["sections"][0]
        self.assertEqual(section["node"], "node1 + node2, by the ratio to the baseline of each")
        # What a busy machine adds to a wait is in the records too: each figure lies within what single blocks say.
        blocks = {node: world.joules_of_blocks("slurm.db", node) for node in ("node1", "node2")}
        for anchor in section["anchors"]:
            of_base = blocks[anchor["node"]]["base"]
            self.assertGreaterEqual(len(of_base), 2, blocks)
            self.assert_within(anchor["energy_joules"], of_base)
        names = {entry["entry_id"]: entry["entry"] for entry in board["entries"]}
        figures_of = {names[one["entry_id"]]: one["energy_of_baseline"] for one in section["figures"]}
        self.assertEqual(figures_of.pop("base"), 1)
        self.assertEqual(set(figures_of), {"entry-00", "entry-01"})
        for name, ratio in figures_of.items():
            self.assert_within(ratio, [own / base for node in blocks.values() for own in node[name] for base in node["base"]])
        sessions = world.status(self.cluster, "slurm.db")["sessions"]
        self.assertEqual([(one["planned_for"], one["entries"]) for one in sessions],
                         [("", 2), ("", 2), ("node1", 2), ("node2", 2)], "what ran there before is not run again")
        table = world.run(None, JOULEBENCH, "board", "show", "--db", str(world.folder / "slurm.db")).stdout
        self.assertIn("ranked by the ratio to each machine's baseline: every entry ran on all 2", table)
        done = world.run(None, JOULEBENCH, "board", "verify", "--db", str(world.folder / "slurm.db"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_doctor_shows_all_nodes_in_one_table(self):
        world = self.world(0)
        found = world.run(self.cluster, JOULEBENCH, "doctor", "--executor", "slurm", "--meters", "model")
        self.assertIn(found.returncode, (0, 1), found.stderr)
        lines = found.stdout.splitlines()
        self.assertRegex(lines[0], r"^node +state +processor +kernel +governor +energy +verdict$")
        self.assertEqual([line.split()[:2] for line in lines[1:]], [["node1", "idle"], ["node2", "idle"]])
        self.assertTrue(all(os.uname().release in line for line in lines[1:]), found.stdout)
        found = world.run(self.cluster, JOULEBENCH, "doctor", "--executor", "slurm", "--partition", "none")
        self.assertEqual(found.returncode, 2)

    def test_asked_on_a_terminal_it_cancels_the_jobs(self):
        world = self.world(2)
        ours, terminal = pty.openpty()
        process = subprocess.Popen(world.words("slurm.db", "--executor", "slurm", "--nodes", "2"), stdin=terminal,
                                   stdout=subprocess.DEVNULL, stderr=terminal, env=world.environment(self.cluster))
        os.close(terminal)
        self.addCleanup(os.close, ours)
        self.wait_for("a block", lambda: world.blocks_on_disk("slurm.db") >= 1)
        process.send_signal(signal.SIGINT)
        said = b""
        while b"[l/c]" not in said:
            said += os.read(ours, 1000)
        os.write(ours, b"c\n")
        self.assertEqual(process.wait(60), 130)
        self.wait_for("the end of all jobs", lambda: not self.cluster.run("squeue", "-h").stdout)
        stages = {one["stage"] for one in world.status(self.cluster, "slurm.db")["sessions"]}
        self.assertLessEqual(stages, {"planned", "finished"})  # one that was quick

    def test_interrupted_it_leaves_the_jobs_which_the_next_call_follows(self):
        world = self.world(2)
        process = world.start(self.cluster, "slurm.db")
        self.wait_for("a block", lambda: world.blocks_on_disk("slurm.db") >= 1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 130, world.log())
        self.assertIn("jobs are left to run", world.log())
        self.assertIn("runs", {one["stage"] for one in world.status(self.cluster, "slurm.db")["sessions"]})
        process = world.start(self.cluster, "slurm.db")
        self.assertEqual(process.wait(200), 0, world.log())
        self.assertNotIn("failed", world.log())


def own_time(block):
    """What a block itself takes, by its record."""
    return sum(block.get(phase) or 0 for phase in ("cool_down_s", "load_s", "warm_up_s", "measured_s", "tail_s"))


def bench(blocks):
    per_entry = 10
    with slurm_cluster.SlurmCluster(nodes=2) as cluster:
        world = World(blocks // per_entry - 2, per_entry, step=1)  # each of two sessions has the baseline too
        # Some 0.2 s: load, a pilot's share, 0.1 s measured.
        begin = time.monotonic()
        process = world.start(cluster, "slurm.db")
        status = process.wait()
        wall = time.monotonic() - begin
        if status != 0:
            print(world.log()[-5000:])
            return 1
        records = [json.loads(file.read_text()) for file in (world.folder / "slurm.jobs").glob("*/nodes/*/*/run.json")]
        ran = [block for record in records for block in record["blocks"]]
        own = sum(own_time(block) for block in ran)
        load = os.getloadavg()[0]
        print(f"{len(ran)} blocks of {len(records)} runs on 2 nodes: {wall:.1f} s from submit to board; blocks' own time {own:.1f} s, "
              f"{own / len(ran):.3f} s each; overhead {(2 * wall - own) / len(ran):.3f} s a block; load average {load:.1f}, "
              f"{os.cpu_count()} processors")
        world.remove()
    return 0


def main():
    global JOULEBENCH
    JOULEBENCH = os.path.abspath(sys.argv[1])
    reason = slurm_cluster.missing()
    if reason:
        print(f"skipped: {reason}")
        return 77
    if sys.argv[2:3] == ["--bench"]:
        return bench(int((sys.argv[3:] + ["1000"])[0]))
    return unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)


if __name__ == "__main__":
    sys.exit(main())
