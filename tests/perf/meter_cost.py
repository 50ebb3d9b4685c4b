#!/usr/bin/python3
"""What `joulebench measure` itself costs: time added to `true`, CPU time of sampling, resident memory.

  meter_cost.py JOULEBENCH FUSE_POWERCAP [--runs N] [--seconds S]

Four domains (two packages, two DRAM) of a powercap tree over FUSE, whose reads cost more than the kernel's own.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time

FULL_RANGE = 262143328850

def wall(words):
    start = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start

def be_nice(level):
    """Of this process and all below it, against other sessions too."""
    if level:
        os.nice(level)
        if os.getpid() != os.getsid(0):
            os.setsid()
        if os.path.exists("/proc/self/autogroup"):
            with open("/proc/self/autogroup", "w") as file:
                file.write(str(level))

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("joulebench")
    parser.add_argument("fuse_powercap")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--nice", type=int, default=0, help="-20 where others use the machine too (as root)")
    args = parser.parse_args()
    be_nice(args.nice)
    folder = tempfile.mkdtemp(prefix="powercap.")
    mount, report = folder + "/sys", folder + "/report"
    os.mkdir(mount)
    zones = [("intel-rapl:0", "package-0", 40), ("intel-rapl:0:0", "dram", 5), ("intel-rapl:1", "package-1", 30),
             ("intel-rapl:1:0", "dram", 4)]
    server = subprocess.Popen([args.fuse_powercap, mount, folder + "/steps",
                               *(f"{zone},{name},{watts},{watts},{FULL_RANGE}" for zone, name, watts in zones)])
    while not os.path.exists(mount + "/class"):
        time.sleep(0.01)
    measure = [args.joulebench, "measure", "--sysfs", mount, "--meters", "powercap", "--format", "json", "--output",
               report]
    failed = False
    try:
        plain, measured = [], []
        for _ in range(args.runs):  # in turns, so that a busy machine is busy for both
            plain.append(wall(["true"]))
            measured.append(wall([*measure, "--", "true"]))
        added = statistics.median(measured) - statistics.median(plain)
        failed |= added > 0.008
        print(f"measure -- true adds {added * 1e3:.2f} ms (goal 8) to the {statistics.median(plain) * 1e3:.2f} ms of true "
              f"(medians of {args.runs})", flush=True)
        for period_ms, goal in ((100, 0.0005), (1, 0.02)):
            process = subprocess.Popen([*measure, "--sample-period-ms", str(period_ms), "--", "sleep",
                                        str(args.seconds)])
            _, status, usage = os.wait4(process.pid, 0)
            assert status == 0
            with open(report) as file:
                result = json.load(file)
            share = result["meter_cost"]["sampling_cpu_s"] / result["runs"][0]["wall_s"]
            failed |= share > goal
            rounds = result["meter_cost"]["reads"] / len(zones)
            print(f"sampling {len(zones)} domains every {period_ms} ms takes {100 * share:.4f} % of a CPU (goal "
                  f"{100 * goal:g}), {rounds:.0f} rounds, {usage.ru_maxrss / 1024:.1f} MB resident at most (goal 20)",
                  flush=True)
            failed |= usage.ru_maxrss > 20 * 1024
    finally:
        subprocess.run(["fusermount3", "-u", mount], check=True)
        server.wait(timeout=10)
        os.remove(folder + "/steps"); os.remove(report); os.rmdir(mount); os.rmdir(folder)
    return int(failed)

if __name__ == "__main__":
    sys.exit(main())
