#!/usr/bin/python3
"""A ranked run under a real kernel with RAPL and cgroup v2, as a plain user: one boot of vmlab.

  ranked_run_test.py JOULEBENCH VMLAB        status 77: vmlab is not there
  ranked_run_test.py --inside JOULEBENCH     what runs in the machine, as root

Without a group of their own the user is refused; where systemd gives one (a program of its name does what it does
with the groups; there is no manager in the machine) the same command goes on by itself, to a measured, ranked board.
"""
import glob, json, os, subprocess, sys, tempfile, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import always_zero  # noqa: E402

CGROUP = "/sys/fs/cgroup"
USER = 65534
COMPETITION = {
    "format": "joulebench-competition/2", "id": "small", "tracks": [{
        "id": "digits", "dataset": "digits",
        "ranking": {"floors": [0.05], "min_blocks": 1},
        "protocol": {"blocks": 1, "min_block_s": 0.1, "max_block_s": 5, "idle_s": 0.2, "tail_s": 0.1, "salt": False},
        "limits": {"memory_mb": 256, "processes": 16}}]}
ENTRY = {"format": "joulebench-submission/1", "name": "always-zero", "team": "tests", "version": "1",
         "command": ["python3", "-S", "predict.py"]}
SYSTEMD_RUN = f'''#!/usr/bin/python3
import os, sys
words = sys.argv[1:]
assert words[:words.index("--")] == ["--user", "--scope", "--quiet", "-p", "Delegate=yes"], words
group = "{CGROUP}/user/scope-%d" % os.getpid()
os.mkdir(group)
with open(group + "/cgroup.procs", "w") as file:
    file.write(str(os.getpid()))
command = words[words.index("--") + 1:]
os.execvp(command[0], command)
'''


def outside(joulebench, vmlab):
    run = os.path.join(vmlab, "run")
    if not os.access(run, os.X_OK):
        print(f"skipped: no {run}")
        return 77
    return subprocess.run([run, "--rapl", "--timeout", "280", "--", "/usr/bin/python3", os.path.abspath(__file__),
                           "--inside", joulebench]).returncode


def write(path, text, mode=0o644):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


class RankedRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        os.chmod(cls.folder, 0o755)
        os.mkdir(cls.folder + "/entry")
        write(cls.folder + "/entry/submission.json", json.dumps(ENTRY))
        write(cls.folder + "/entry/predict.py", always_zero.PROGRAM)
        write(cls.folder + "/competition.json", json.dumps(COMPETITION))
        os.mkdir(cls.folder + "/bin")
        write(cls.folder + "/bin/systemd-run", SYSTEMD_RUN, 0o755)
        os.mkdir(cls.folder + "/work")
        os.chown(cls.folder + "/work", USER, -1)
        for file in glob.glob("/sys/class/powercap/*/energy_uj"):
            os.chmod(file, 0o444)
        # As systemd lays it out: a tree of the user's, and in it a session that is not theirs to share out.
        for group in ("", "/user"):
            if group:
                os.mkdir(CGROUP + group)
            write(CGROUP + group + "/cgroup.subtree_control", "+memory +pids +cpuset +cpu", 0o644)
        os.mkdir(CGROUP + "/user/session")
        for file in ("", "/cgroup.procs", "/cgroup.subtree_control"):
            os.chown(CGROUP + "/user" + file, USER, -1)
        os.makedirs("/run/systemd/system")

    def evaluate(self, board, with_systemd):
        def enter_session():
            write(CGROUP + "/user/session/cgroup.procs", str(os.getpid()))
            os.setgroups([])
            os.setgid(USER)
            os.setuid(USER)
        environment = {"PATH": (self.folder + "/bin:" if with_systemd else "") + "/usr/bin:/bin",
                       "XDG_RUNTIME_DIR": self.folder + "/work", "HOME": self.folder + "/work",
                       "JOULEBENCH_LABEL_SEARCH": "off"}
        end = subprocess.run([JOULEBENCH, "evaluate", self.folder + "/competition.json", self.folder + "/entry", "--db",
                              self.folder + "/work/" + board, "--format", "json", "--quiet"],
                             capture_output=True, text=True, timeout=240, preexec_fn=enter_session, env=environment,
                             cwd="/")
        return end

    def test_without_a_group_a_ranked_run_refuses_to_start(self):
        end = self.evaluate("refused.db", with_systemd=False)
        self.assertEqual(end.returncode, 2, end.stdout + end.stderr)
        self.assertIn("the track's limit of memory cannot be enforced here, and a ranked run needs it", end.stderr)
        self.assertIn("memory: polled; the control group /sys/fs/cgroup/user/session is not delegated to this user",
                      end.stderr)
        self.assertIn("systemd-run --user --scope -p Delegate=yes", end.stderr)

    def test_where_systemd_gives_a_group_the_same_command_ranks(self):
        end = self.evaluate("ranked.db", with_systemd=True)
        self.assertEqual(end.returncode, 0, end.stdout + end.stderr)
        records = glob.glob(self.folder + "/work/ranked.records/**/run.json", recursive=True)
        self.assertEqual(len(records), 1)
        with open(records[0]) as file:
            record = json.load(file)
        block = record["blocks"][-1]
        self.assertEqual(block["outcome"], "valid")
        for limit in ("memory", "processes", "cpus"):
            self.assertEqual(block["enforcement"][limit], "cgroup-v2", block["enforcement"])
        for domain in block["energy"]:
            self.assertEqual(domain["class"], "measured", domain)
        board = subprocess.run([JOULEBENCH, "board", "show", "--db", self.folder + "/work/ranked.db"],
                               capture_output=True, text=True, check=True).stdout
        self.assertRegex(board, r"\n +1 a? *always-zero")
        print(board)


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        JOULEBENCH = sys.argv[2]
        del sys.argv[1:]
        unittest.main(verbosity=2)
    sys.exit(outside(sys.argv[1], sys.argv[2]))
