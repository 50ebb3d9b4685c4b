#!/usr/bin/env python3
"""Runs the hostile entries of entries/ through `joulebench run` and checks what becomes of them, and of the host.

Each entry says in its first lines what it does and which outcome it must get:
    # expect: timeout|crash      the outcomes that are right ("valid": the attack got nowhere, it then behaved)
    # blocks: 2                  blocks to run (default 1)
    # build: python3 entry.py build
    # most_accuracy: 30          per cent: what cheats with its answers must lose by it (default: any)
The host is untouched when the canaries are as they were, no server of ours was called, and no process, control
group, folder, mount or System V object is left. In between an honest entry must get its right accuracy.
"""
import argparse
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
SECRET = "jb-attack-secret"
ABSTRACT = "jb-attack-server-%d" % os.getpid()
NOBODY = 65534
HONEST_EVERY = 20
VOID_RUNS = 3  # in all


class Server:
    """Listens on the host's loopback and on an abstract name; a connection is a failure."""

    def __init__(self):
        self.calls = []
        tcp = socket.create_server(("127.0.0.1", 0))
        self.port = tcp.getsockname()[1]
        abstract = socket.socket(socket.AF_UNIX)
        abstract.bind("\0" + ABSTRACT)
        abstract.listen()
        for name, server in (("loopback", tcp), ("abstract", abstract)):
            threading.Thread(target=self.serve, args=(name, server), daemon=True).start()

    def serve(self, name, server):
        while True:
            server.accept()
            self.calls.append(name)


class Entry:
    def __init__(self, path):
        self.name = os.path.basename(path)[:-3]
        self.source = open(path).read()
        field = lambda key, default: next(iter(re.findall("^# %s: (.*)$" % key, self.source, re.M)), default)
        self.outcomes = field("expect", "").split("|")
        self.blocks = int(field("blocks", "1"))
        self.build = field("build", "")
        self.most_accuracy = float(field("most_accuracy", "100"))
        # What ends by a time limit shall not take long; what does not shall never meet one, however slow we are.
        self.is_hasty = "timeout" in self.outcomes or self.outcomes == ["build"]


def competition(folder, entry):
    times = {"load_s": 1.5, "request_s": 1.5, "wall_s": 4} if entry.is_hasty else {"load_s": 60, "request_s": 60, "wall_s": 120}
    limits = {"memory_mb": 100, "processes": 24, "cpus": 1, "output_mb": 16, "log_kb": 64, **times}
    protocol = {"blocks": entry.blocks, "min_block_s": 0.02, "min_sensor_periods": 1, "idle_s": 0, "tail_s": 0.2}
    path = os.path.join(folder, "competition.json")
    with open(path, "w") as file:
        json.dump({"format": "joulebench-competition/2", "id": "attacks", "tracks": [
            {"id": "digits", "dataset": "digits", "protocol": protocol, "limits": limits}]}, file)
    return path


def write_entry(folder, entry, server, secret_file):
    os.mkdir(folder)
    marks = "JB_PORT, JB_ABSTRACT, JB_SECRET_FILE = %r, %r, %r\n" % (server.port, ABSTRACT, secret_file)
    with open(os.path.join(folder, "entry.py"), "w") as file:
        file.write(marks + entry.source)
    shutil.copy(os.path.join(HERE, "jb.py"), folder)
    manifest = {"format": "joulebench-submission/1", "name": entry.name.replace("_", "-"), "team": "attackers", "version": "1",
                "command": ["python3", "-B", "entry.py"]}
    if entry.build:
        manifest["build"] = [shlex.split(entry.build)]
    with open(os.path.join(folder, "submission.json"), "w") as file:
        json.dump(manifest, file)


class Corpus:
    def __init__(self, options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="jb-attacks-")
        os.chmod(self.folder, 0o755)
        self.program = os.path.join(self.folder, "joulebench")
        shutil.copy(options.program, self.program)
        self.datasets = os.path.join(self.folder, "datasets")
        shutil.copytree(os.path.join(SOURCE, "datasets", "digits"), os.path.join(self.datasets, "digits"))
        self.honest = os.path.join(self.folder, "honest")
        if options.quick:  # where every import takes seconds: in form, and right one time in ten
            write_entry(self.honest, type("Honest", (), {"name": "honest", "source": "import jb\njb.serve()\n", "build": ""}),
                        type("Nobody", (), {"port": 0}), "")
        else:
            shutil.copytree(os.path.join(SOURCE, "submissions", "reference", "logistic-regression"), self.honest)
        self.secret_file = os.path.join(self.folder, "labels-" + SECRET)
        with open(self.secret_file, "w") as file:
            file.write(SECRET)
        self.server = Server()
        self.as_user = options.user is not None
        self.quick = options.quick
        # Files that are known from an earlier test are not looked through again.
        self.cache = os.path.join(self.folder, "cache")
        known = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "joulebench", "copies")
        os.makedirs(os.path.join(self.cache, "joulebench"))
        if os.path.isdir(known):
            shutil.copytree(known, os.path.join(self.cache, "joulebench", "copies"))
        for root, folders, files in os.walk(self.folder):
            for name in folders + files:
                os.chmod(os.path.join(root, name), 0o755)
        if self.as_user:
            for root, folders, files in os.walk(self.cache):
                for name in [root] + [os.path.join(root, file) for file in files]:
                    os.chown(name, NOBODY, NOBODY)
        self.honest_runs = 0
        # Of programs that other tests killed; process ids come again.
        self.older = set(self.folders_of("*"))

    def user(self):
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if self.as_user else {}

    def run(self, name, submission, competition_file):
        folder = os.path.join(self.folder, "work-" + name)
        os.mkdir(folder)
        if self.as_user:
            os.chown(folder, NOBODY, NOBODY)
        inherited = os.open(self.secret_file, os.O_RDONLY)  # a careless caller's descriptor
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/", "XDG_CACHE_HOME": self.cache, "JB_SECRET": SECRET,
                       "JOULEBENCH_LOCK_FILE": os.path.join(folder, "lock")}
        # Reading all of /usr takes up to a minute, in an emulated machine many: only where it is what is tried.
        if self.quick or name != "read_labels_in_usr":
            environment["JOULEBENCH_LABEL_SEARCH"] = "off"
        record = os.path.join(folder, "record")
        try:
            process = subprocess.Popen(
                [self.program, "run", submission, "--competition", competition_file, "--meters", "model", "--datasets",
                 self.datasets, "--record", record, "--quiet"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
                pass_fds=[inherited], start_new_session=True, cwd=folder, **self.user())
        finally:
            os.close(inherited)
        try:
            out, err = process.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return {"outcome": "THE PROGRAM HUNG", "text": out + err, "record": {}, "pid": process.pid}
        try:
            with open(os.path.join(record, "run.json")) as file:
                run = json.load(file)
        except OSError:
            run = {}
        return {"outcome": run.get("outcome", "no record (exit %d)" % process.returncode), "text": out + err,
                "record": run, "pid": process.pid, "status": process.returncode}

    def run_until_measured(self, name, submission, competition_file, outcomes):
        """A void run says that the machine disturbed it, as other tests beside this one may: it is to be run again."""
        for attempt in range(VOID_RUNS):
            result = self.run(name if attempt == 0 else "%s-%d" % (name, attempt + 1), submission, competition_file)
            if result["outcome"] != "void" or "void" in outcomes:
                break
        return result

    def attack(self, entry):
        start = time.monotonic()
        folder = os.path.join(self.folder, "entry-" + entry.name)
        write_entry(folder, entry, self.server, self.secret_file)
        competition_folder = os.path.join(self.folder, "competition-" + entry.name)
        os.mkdir(competition_folder)
        result = self.run_until_measured(entry.name, folder, competition(competition_folder, entry), entry.outcomes)
        problems = []
        text = result["text"]
        if result["outcome"] not in entry.outcomes:
            problems.append("outcome %s, where %s was expected" % (result["outcome"], " or ".join(entry.outcomes)))
        expected_status = 0 if result["outcome"] == "valid" else 1
        if result.get("status", expected_status) != expected_status:
            problems.append("exit status %s" % result["status"])
        found = re.search(rb"accuracy +([0-9.]+) %", text)
        if found and float(found[1]) > entry.most_accuracy:
            problems.append("accuracy %s %%, where at most %g %% were expected" % (found[1].decode(), entry.most_accuracy))
        if b"THE ATTACK WORKED" in text:
            problems.append("the attack worked")
        try:
            shown = text.decode()
        except UnicodeDecodeError as error:
            problems.append("what is shown is not UTF-8: %s" % error)
            shown = text.decode(errors="replace")
        if re.search("^(joulebench: )?THE-VOICE", shown, re.M) or re.search("^joulebench: THE-VOICE", shown, re.M):
            problems.append("the entry speaks in our voice")
        if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown):
            problems.append("control characters are shown")
        problems += self.left_by(result["pid"])
        for limit, how in (pair.split("=") for pair in self.options.enforcement):
            for block in result["record"].get("blocks", []):
                held_by = block.get("enforcement", {}).get(limit)
                if held_by != how:
                    problems.append("%s is held by %s, not %s" % (limit, held_by, how))
        if problems:
            problems.append("it said:\n" + shown[-1500:])
        return entry.name, result["outcome"], time.monotonic() - start, problems

    @staticmethod
    def folders_of(pid):
        patterns = ["/tmp/joulebench-*-%s-*", "/dev/shm/joulebench-*-%s-*", "/sys/fs/cgroup/**/joulebench-%s-*"]
        return [path for pattern in patterns for path in glob.glob(pattern % pid, recursive=True)]

    def left_by(self, pid):
        """Folders and control groups that carry the run's process id; its helpers may need a moment."""
        for _ in range(50):
            left = [path for path in self.folders_of(pid) if path not in self.older]
            if not left:
                return []
            time.sleep(0.05)
        return ["left behind: %s" % ", ".join(left)]

    def be_honest(self):
        self.honest_runs += 1
        entry = type("Honest", (), {"is_hasty": False, "blocks": 1})
        folder = os.path.join(self.folder, "competition-honest-%d" % self.honest_runs)
        os.mkdir(folder)
        result = self.run_until_measured("honest-%d" % self.honest_runs, self.honest, competition(folder, entry), ["valid"])
        found = re.search(rb"accuracy +([0-9.]+) %", result["text"])
        right = result["outcome"] == "valid" and found and float(found[1]) > (5 if self.options.quick else 95)
        return [] if right else ["the honest entry after it: %s\n%s" % (result["outcome"], result["text"].decode()[-1500:])]

    def host(self):
        """What attacks must not change."""
        state = {}
        for path in glob.glob("/proc/sysvipc/*") + glob.glob("/sys/devices/system/cpu/*/cpufreq/scaling_governor") + [
                "/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sys/user/max_user_namespaces"]:
            try:
                # The last column of System V tables are times.
                state[path] = [line.split()[:8] for line in open(path)]
            except OSError:
                pass
        state["mounts"] = sorted(line.split()[4] for line in open("/proc/self/mountinfo") if "nsfs" not in line)
        state["canaries"] = hashlib.sha256(b"".join(
            open(path, "rb").read() for path in sorted(glob.glob(self.folder + "/datasets/**/*", recursive=True) + [
                self.program, self.secret_file]) if os.path.isfile(path))).hexdigest()
        return state

    def strangers(self):
        """Processes of entries that still run."""
        found = []
        for folder in glob.glob("/proc/[0-9]*"):
            try:
                command = open(folder + "/cmdline", "rb").read()
                state = open(folder + "/stat").read().rsplit(")")[-1].split()[0]
            except OSError:
                continue
            if b"entry.py" in command.split(b"\0") and state not in "ZX":
                found.append(folder)
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--user", help="run as nobody", nargs="?", const="nobody")
    parser.add_argument("--only", help="names, separated by commas")
    parser.add_argument("--enforcement", nargs="*", default=[], help="LIMIT=HOW that each record must show")
    parser.add_argument("--quick", action="store_true", help="a simpler honest entry")
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    if options.user and os.geteuid() != 0:
        options.user = None  # we are a user
    corpus = Corpus(options)
    entries = [Entry(path) for path in sorted(glob.glob(HERE + "/entries/*.py"))]
    if options.user:  # files are masked in the same way for all users, and looking for them takes long
        entries = [entry for entry in entries if entry.name != "read_labels_in_usr"]
    if options.only:
        entries = [entry for entry in entries if entry.name in options.only.split(",")]
    before = corpus.host()
    failures = 0
    start = time.monotonic()
    try:
        for first in range(0, len(entries), HONEST_EVERY):
            with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
                for name, outcome, seconds, problems in pool.map(corpus.attack, entries[first:first + HONEST_EVERY]):
                    print("%-24s %-12s %5.1f s  %s" % (name, outcome, seconds, "; ".join(problems) or "as it must be"), flush=True)
                    failures += bool(problems)
            for problem in corpus.be_honest():
                print(problem)
                failures += 1
        for _ in range(100):
            if not corpus.strangers():
                break
            time.sleep(0.05)
        after = corpus.host()
        for what in [key for key in before if before[key] != after.get(key)]:
            print("the host was changed: %s was %s, is %s" % (what, before[what], after.get(what)))
            failures += 1
        for what in ["an entry called the host by " + call for call in corpus.server.calls] + [
                "a process of an entry lives: " + path for path in corpus.strangers()]:
            print(what)
            failures += 1
    finally:
        shutil.rmtree(corpus.folder, ignore_errors=True)
    print("%d attacks, %d honest runs between them, %d failures, %.0f s" % (
        len(entries), corpus.honest_runs, failures, time.monotonic() - start))
    sys.exit(1 if failures else 0)


main()
