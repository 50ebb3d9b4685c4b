#!/usr/bin/env python3
"""What the program says where a sandbox cannot work: one message, with what to do. bad_environment.py PROGRAM"""
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
program = os.path.abspath(sys.argv[1])
work = tempfile.mkdtemp(prefix="jb-environment-")
os.chmod(work, 0o755)
failures = 0

entry = os.path.join(work, "entry")
os.mkdir(entry)
shutil.copy(os.path.join(SOURCE, "tests/attacks/jb.py"), entry)
with open(entry + "/entry.py", "w") as file:
    file.write("#!/usr/bin/python3 -B\nimport jb\njb.serve()\n")
os.chmod(entry + "/entry.py", 0o755)
with open(entry + "/submission.json", "w") as file:
    json.dump({"format": "joulebench-submission/1", "name": "plain", "team": "t", "version": "1", "command": ["./entry.py"]}, file)
competition = work + "/competition.json"
with open(competition, "w") as file:
    json.dump({"format": "joulebench-competition/2", "id": "c", "tracks": [{
        "id": "digits", "dataset": "digits", "limits": {"memory_mb": 128},
        "protocol": {"blocks": 1, "min_block_s": 0.02, "min_sensor_periods": 1, "idle_s": 0, "tail_s": 0}}]}, file)


def expect(name, got, wanted):
    global failures
    right = got == wanted
    failures += not right
    print("%-28s %s" % (name, "as it must be" if right else "got:\n%s\nwanted:\n%s" % (got, wanted)))


def run(script, path="/usr/sbin:/usr/bin:/sbin:/bin", unshare=("-m",), scratch="/dev/shm", record=None):
    """The program after `script`, in namespaces of its own: exit status, all that it said, its record."""
    record = record or tempfile.mkdtemp(dir=work) + "/record"
    command = " ".join([program, "run", entry, "--competition", competition, "--meters", "model", "--datasets",
                        SOURCE + "/datasets", "--record", record, "--scratch", scratch, "--quiet"])
    if script:
        command = " ".join(["unshare", *unshare, "sh -c", shlex.quote(script + " && exec " + command)])
    done = subprocess.run(["/bin/sh", "-c", "exec " + command], capture_output=True, text=True, timeout=120,
                          env={"PATH": path, "JOULEBENCH_LOCK_FILE": work + "/lock", "JOULEBENCH_LABEL_SEARCH": "off", "LANG": "C.UTF-8"})
    return done.returncode, done.stdout + done.stderr, record


status, text, _ = run("", path="/nowhere")
expect("bubblewrap missing", (status, text), (
    2, "joulebench: cannot start a sandbox\n  bubblewrap (bwrap) is in no folder of PATH=/nowhere\n  apt-get install bubblewrap\n"))

status, text, _ = run("echo 0 > /proc/sys/user/max_user_namespaces", unshare=("-U", "-r"))
lines = text.splitlines() + [""] * 3
expect("user namespaces forbidden", (status, lines[0], lines[1].startswith("  bwrap: "), lines[2]), (
    2, "joulebench: cannot start a sandbox", True, "  allow user namespaces: sysctl user.max_user_namespaces=10000"))

if os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0:
    status, text, record = run("for m in $(grep ' cgroup2\\? ' /proc/self/mounts | cut -d' ' -f2); do "
                                   "mount -o remount,bind,ro $m || exit 9; done")
    try:
        held = json.load(open(record + "/run.json"))["blocks"][0]["enforcement"]
    except (OSError, IndexError):
        held = {}
    expect("cgroups read-only", (status, held.get("memory"), held.get("processes"), held.get("cpus")), (0, "polled", "rlimit", "rlimit"))

    small = work + "/small"
    os.mkdir(small)
    status, text, _ = run("mount -t tmpfs -o size=64k,mode=755 tmpfs %s" % small, scratch=small)
    expect("scratch folder small", status, 0)
    status, text, _ = run("mount -t tmpfs -o size=32k,mode=755 tmpfs %s" % small, scratch=small)
    expect("scratch folder full", (status, "cannot write the inputs of a pass" in text, "No space left on device" in text,
                                   text.startswith("joulebench: ")), (2, True, True, True))
    status, text, _ = run("mount -t tmpfs -o size=4k,mode=755 tmpfs %s" % small, record=small + "/record")
    expect("record folder full", (status, "No space left on device" in text, text.startswith("joulebench: ")), (2, True, True))
    status, text, _ = run("mount -t tmpfs -o noexec,mode=755 tmpfs %s" % small, scratch=small)
    lines = text.splitlines() + [""] * 3
    expect("scratch folder noexec", (status, lines[0], lines[1].endswith("its file system is mounted noexec"), lines[2]), (
        2, "joulebench: programs of a submission cannot be started from where it lies", True,
        "  use another temporary folder: --scratch DIR"))
else:
    print("skipped: read-only, full and noexec file systems need root and mount namespaces")

shutil.rmtree(work, ignore_errors=True)
sys.exit(1 if failures else 0)
