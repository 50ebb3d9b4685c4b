#!/usr/bin/python3
"""An environment built of Debian packages, and an entry that is checked and run in it.

  environment_run_test.py JOULEBENCH       status 77: it cannot be built here, with the reason
"""
import json, os, pty, subprocess, sys, tarfile, tempfile, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import always_zero  # noqa: E402

JOULEBENCH = os.path.abspath(sys.argv.pop(1))
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMPETITION = {
    "format": "joulebench-competition/2", "id": "small", "environments": ["small"], "tracks": [{
        "id": "digits", "dataset": "digits",
        "protocol": {"blocks": 1, "min_block_s": 0.1, "min_sensor_periods": 1, "idle_s": 0, "tail_s": 0}}]}
ENTRY = {"format": "joulebench-submission/1", "name": "always-zero", "command": ["python3", "-S", "predict.py"],
         "build": [["python3", "-c", "open('built', 'w').write(open('/etc/debian_version').read())"]]}
PREDICT = '''import os
assert os.path.exists("built") and not os.path.exists("/usr/share/doc/python3")
assert open("/etc/passwd").read().splitlines()[-1].startswith("entry:")
''' + always_zero.PROGRAM


def call(*words):
    return subprocess.run([JOULEBENCH, *words], capture_output=True, text=True, timeout=400)


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(content if isinstance(content, str) else json.dumps(content))


def suite():
    with open("/etc/os-release") as file:
        facts = dict(line.strip().split("=", 1) for line in file if "=" in line)
    return facts.get("VERSION_CODENAME", "bookworm").strip('"')


class EnvironmentRun(unittest.TestCase):
    def test_missing_environment_names_the_command(self):
        os.environ["JOULEBENCH_ENVIRONMENTS"] = FOLDER + "/none"
        try:
            found = call("submission", "check", FOLDER + "/entry", "--competition", FOLDER + "/competition.json")
        finally:
            os.environ["JOULEBENCH_ENVIRONMENTS"] = FOLDER + "/store"
        self.assertEqual(found.returncode, 2)
        self.assertIn("joulebench environment import small IMAGE", found.stderr)

    def test_check_and_run_use_it(self):
        arguments = [FOLDER + "/entry", "--competition", FOLDER + "/competition.json", "--quiet", "--format", "json"]
        check = call("submission", "check", *arguments)
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)
        self.assertEqual(json.loads(check.stdout)["environment"]["sha256"], BUILT["sha256"])
        run = call("run", *arguments, "--meters", "model", "--record", FOLDER + "/record")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(json.loads(run.stdout)["environment"], {"name": "small", "sha256": BUILT["sha256"]})
        with open(FOLDER + "/record/run.json") as file:
            self.assertEqual(json.load(file)["environment"]["sha256"], BUILT["sha256"])

    def test_the_whole_of_it_is_known(self):
        self.assertIn("python3", [package["name"] for package in BUILT["packages"]])
        self.assertEqual(call("environment", "verify", "small").returncode, 0)

    def test_labels_inside_are_named_at_the_import(self):
        self.assertEqual(BUILT["labels"]["files"], [])
        self.assertIn("digits", BUILT["labels"]["datasets"])
        with tarfile.open(FOLDER + "/leaky.tar", "w") as image:
            image.add(os.path.join(SOURCE, "datasets", "digits", "digits.csv.gz"), "usr/share/iris.gz")
        leaky = call("environment", "import", "leaky", FOLDER + "/leaky.tar")
        self.assertEqual(leaky.returncode, 0, leaky.stderr)
        self.assertRegex(leaky.stdout, "labels    these files give some away; no entry will see them\n"
                                       "            dataset digits: [0-9a-f]{12}: /usr/share/iris.gz: ")

    def test_shell_looks_around_inside(self):
        inside = call("environment", "shell", "small", "--", "sh", "-c", "ls /jb; ls -d /work /jb/in; exit 7")
        self.assertEqual(inside.returncode, 7, inside.stderr)
        self.assertEqual(inside.stdout, "out\n")
        text = b""

        def read(descriptor):
            nonlocal text
            got = os.read(descriptor, 4096)
            text += got
            return got
        status = pty.spawn([JOULEBENCH, "environment", "shell", "small", "--", "sh", "-c", "test -t 0 && test -t 1 && echo terminal"], read)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, text)
        self.assertIn(b"terminal", text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as FOLDER:
        os.chmod(FOLDER, 0o755)  # root's sandboxes run as another user
        os.environ.update(JOULEBENCH_ENVIRONMENTS=FOLDER + "/store", JOULEBENCH_LOCK_FILE=FOLDER + "/lock")
        write(FOLDER + "/competition.json", COMPETITION)
        write(FOLDER + "/entry/submission.json", ENTRY)
        write(FOLDER + "/entry/predict.py", PREDICT)
        write(FOLDER + "/small/environment.json",
              {"format": "joulebench-environment/1", "suite": suite(), "packages": ["python3"]})
        built = call("environment", "build", FOLDER + "/small/environment.json", "--format", "json")
        if built.returncode != 0:
            print("an environment cannot be built here:", built.stderr)
            sys.exit(77)
        BUILT = json.loads(built.stdout)
        unittest.main()
