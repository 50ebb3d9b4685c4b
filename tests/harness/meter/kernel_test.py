#!/usr/bin/python3
"""RAPL through a real kernel's powercap and perf, against counters of known energy: one boot of vmlab.

  kernel_test.py JOULEBENCH VMLAB        status 77: vmlab is not there
  kernel_test.py --inside JOULEBENCH     what runs in the machine, as root

The processor is emulated: nothing here expects a time. What joulebench says of a window is compared with the
power of the module times the window's length, within the stated error and a little more, and with the truth that
the module tells before and after.
"""
import glob, json, os, subprocess, sys, unittest

PARAMETERS = "/sys/module/fakerapl/parameters/"
# Idle power of the module's domains, by our names; two sockets.
WATTS = {"cpu-package-0": 42, "cpu-package-1": 42, "dram-0": 5, "dram-1": 5, "core-0": 30, "core-1": 30, "psys": 60}


def outside(joulebench, vmlab):
    run = os.path.join(vmlab, "run")
    if not os.access(run, os.X_OK):
        print(f"skipped: no {run}")
        return 77
    return subprocess.run([run, "--rapl-opts", "psys=1 mmio=1", "--sockets", "2", "--timeout", "240", "--",
                           "/usr/bin/python3", os.path.abspath(__file__), "--inside", joulebench]).returncode


def joulebench(*words, user=None, **options):
    words = [JOULEBENCH, *words]
    if user:
        words = ["setpriv", f"--reuid={user}", "--regid=nogroup", "--clear-groups", "--", *words]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, **options)


def load(options=""):
    subprocess.run(["rmmod", "fakerapl"], check=True)
    subprocess.run(["insmod", os.environ["VMLAB_FAKERAPL"], *options.split()], check=True)


def fault(name, value):
    with open(PARAMETERS + name, "w") as file:
        file.write(str(value))


def truth():
    with open("/proc/fakerapl/truth") as file:
        return {words[0]: float(words[2]) for words in map(str.split, list(file)[1:])}


class Kernel(unittest.TestCase):
    def measure(self, *words, command=("sleep", "0.3"), user=None):
        end = joulebench("measure", "--format", "json", *words, "--", *command, user=user)
        self.assertEqual(end.returncode, 0, end.stderr)
        return json.loads(end.stdout)["runs"][0]

    def check(self, run, names, source):
        domains = {domain["name"]: domain for domain in run["domains"]}
        self.assertEqual(set(domains), set(names))
        for name, domain in domains.items():
            self.assertEqual(domain["class"], "measured", domain)
            self.assertTrue(domain["source"].startswith(source), domain)
            exact = WATTS[name] * run["wall_s"]
            self.assertAlmostEqual(domain["joules"], exact, delta=3 * domain["error_joules"] + 0.01 * exact, msg=domain)
        total = sum(domain["joules"] for domain in domains.values() if domain["in_total"])
        self.assertAlmostEqual(run["total_joules"], total, delta=1e-9)

    def flags(self, run, name="cpu-package-0"):
        domain = next(domain for domain in run["domains"] if domain["name"] == name)
        return domain["class"], [flag["name"] for flag in domain["flags"]]

    def test_1_perf_and_powercap_agree_with_the_truth(self):
        total = "cpu-package-0 + cpu-package-1 + dram-0 + dram-1"
        for meters, source in (("auto", "perf:power/"), ("powercap", "powercap:intel-rapl:")):
            before = truth()
            run = self.measure("--meters", meters)
            after = truth()
            self.check(run, WATTS, source)
            self.assertEqual(run["total_formula"], total)
            self.assertLess(run["total_joules"], sum(after[d] - before[d] for d in
                                                     ("package-0", "package-1", "dram-0", "dram-1")))

    def test_2_doctor_sees_all_and_says_what_is_missing(self):
        end = joulebench("doctor", "--format", "json")
        sources = json.loads(end.stdout)["energy"]["sources"]
        self.assertEqual({source["name"] for source in sources}, set(WATTS))
        self.assertTrue(all(source["class"] == "measured" for source in sources), sources)
        end = joulebench("doctor", "--format", "json", user="nobody")
        energy = json.loads(end.stdout)["energy"]
        self.assertEqual((end.returncode, energy["sources"]), (1, []))
        self.assertIn({"source": "powercap:intel-rapl:0", "class": "unavailable",
                       "reason": "/sys/class/powercap/intel-rapl:0/energy_uj: Permission denied",
                       "remedy": "sudo chmod a+r /sys/class/powercap/intel-rapl*/energy_uj"}, energy["missing"])

    def test_3_nobody_is_refused_with_remedies_that_work(self):
        for meters, source in (("powercap", "powercap:"), ("perf", "perf:")):
            end = joulebench("measure", "--meters", meters, "--", "true", user="nobody")
            self.assertEqual((end.returncode, end.stdout), (2, ""))
            self.assertIn("no energy counter can be read", end.stderr)
            self.assertIn("Permission denied", end.stderr)
            remedy = end.stderr.splitlines()[-1].strip()
            self.assertTrue(remedy.startswith("sudo "), remedy)
            subprocess.run(["sh", "-c", remedy[5:]], check=True, capture_output=True)
            self.check(self.measure("--meters", meters, user="nobody"), WATTS, source)
        subprocess.run(["sysctl", "-q", "kernel.perf_event_paranoid=3"], check=True)
        for file in glob.glob("/sys/class/powercap/intel-rapl*/energy_uj"):
            os.chmod(file, 0o400)

    def test_4_with_only_one_of_the_two(self):
        load("powercap=0")
        self.check(self.measure(), set(WATTS) - {"psys"}, "perf:")
        load("pmu=0")
        self.check(self.measure(), set(WATTS) - {"psys"}, "powercap:")

    def test_5_wraps_are_exact(self):
        # A turn of 10 J lasts 0.24 s; the counter starts just below its first wrap.
        load("range_uj=10000000 start_uj=9990000")
        self.check(self.measure("--meters", "powercap", command=("sleep", "1.5")), set(WATTS) - {"psys"}, "powercap:")

    def test_6_a_failure_in_the_middle_is_a_gap(self):
        load()
        script = f"sleep 0.2; echo 0 > {PARAMETERS}fail_after_ms; sleep 0.5; echo -1 > {PARAMETERS}fail_after_ms; sleep 0.3"
        run = self.measure("--meters", "powercap", command=("sh", "-c", script))
        self.assertEqual(self.flags(run), ("measured", ["gap"]))
        exact = 42 * run["wall_s"]
        self.assertAlmostEqual(run["domains"][0]["joules"], exact, delta=0.02 * exact)

    def test_7_a_failure_at_the_end_voids_the_window(self):
        load()
        end = joulebench("measure", "--meters", "powercap", "--format", "json", "--", "sh", "-c",
                         f"sleep 0.2; echo 0 > {PARAMETERS}fail_after_ms")
        self.assertEqual((end.returncode, end.stdout), (2, ""))
        self.assertIn("the energy of the command could not be measured\n  cpu-package-0 could not be read at an end of "
                      "the window: /sys/class/powercap/intel-rapl:0/energy_uj: Invalid argument", end.stderr)
        # Still failing: unavailable from the start, and the rest of the total is no total.
        run = self.measure("--meters", "powercap")
        self.assertEqual(self.flags(run), ("unavailable", ["unavailable"]))
        self.assertIsNone(run["total_joules"])
        self.assertEqual(run["flags"], [{"name": "incomplete", "detail": "there is no total without cpu-package-0"}])

    def test_8_a_frozen_counter_is_suspect(self):
        for meters in ("powercap", "perf"):
            load()
            run = self.measure("--meters", meters, command=("sh", "-c",
                               f"sleep 0.2; echo 0 > {PARAMETERS}freeze_after_ms; sleep 0.5"))
            self.assertEqual(self.flags(run)[0], "suspect")
            self.assertIn("frozen", self.flags(run)[1])

    def test_9_a_counter_that_goes_back_is_suspect(self):
        for meters in ("powercap", "perf"):
            load("start_uj=90000000 back_mj=50000")
            run = self.measure("--meters", meters, command=("sh", "-c",
                               f"sleep 0.3; echo 0 > {PARAMETERS}back_after_ms; sleep 0.3"))
            self.assertEqual(self.flags(run)[0], "suspect")
            self.assertIn("reset", self.flags(run)[1])
            self.assertLess(run["domains"][0]["joules"], 43 * run["wall_s"])


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        JOULEBENCH = sys.argv[2]
        unittest.main(argv=sys.argv[:1], verbosity=2)
    else:
        sys.exit(outside(*sys.argv[1:3]))
