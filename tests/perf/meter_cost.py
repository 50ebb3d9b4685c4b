#!/usr/bin/python3
"""What `joulebench measure` itself costs: time added to `true`, CPU time of sampling, resident memory.

  meter_cost.py JOULEBENCH FUSE_POWERCAP BARE_SAMPLER [--runs N] [--seconds S]

Four domains (two packages, two DRAM). The time that is added is that of a powercap tree over FUSE, whose counters move.
Sampling is of files in memory, which stand still and cost as little to read as the kernel's: over FUSE the server's
wake-ups would be counted. To wake from a sleep costs 20 us on a virtual machine, so a bare loop that sleeps and reads
the same files stands beside each figure.
"""
import argparse, json, os, shutil, statistics, subprocess, sys, tempfile, time

FULL_RANGE = 262143328850

def wall(words):
    start = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start

def still_tree(folder, zones):
    counters = []
    for zone, name, _ in zones:
        os.makedirs(f"{folder}/class/powercap/{zone}")
        counters.append(f"{folder}/class/powercap/{zone}/energy_uj")
        for file, text in (("name", name), ("energy_uj", 1_000_000), ("max_energy_range_uj", FULL_RANGE)):
            with open(f"{folder}/class/powercap/{zone}/{file}", "w") as out:
                out.write(f"{text}\n")
    return counters

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
    parser.add_argument("bare_sampler")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5, help="of each period")
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
    still = tempfile.mkdtemp(prefix="powercap.", dir="/dev/shm")
    measure = [args.joulebench, "measure", "--meters", "powercap", "--format", "json", "--output",
               report]
    failed = False
    try:
        counters = still_tree(still, zones)
        for period_ms, goal in ((100, 0.0005), (1, 0.02)):
            shares, bare = [], []
            for _ in range(args.rounds):  # in turns, likewise
                output = subprocess.run([args.bare_sampler, str(period_ms), str(args.seconds), *counters], check=True,
                                        capture_output=True, text=True).stdout
                bare.append(float(output))
                process = subprocess.Popen([*measure, "--sysfs", still, "--sample-period-ms", str(period_ms), "--", "sleep",
                                            str(args.seconds)])
                _, status, usage = os.wait4(process.pid, 0)
                assert status == 0
                with open(report) as file:
                    result = json.load(file)
                shares.append(result["meter_cost"]["sampling_cpu_s"] / result["runs"][0]["wall_s"])
                failed |= usage.ru_maxrss > 20 * 1024
            share, floor = statistics.median(shares), statistics.median(bare)
            failed |= share > goal
            print(f"sampling {len(zones)} domains every {period_ms} ms takes {100 * share:.4f} % of a CPU (goal "
                  f"{100 * goal:g}), a bare loop {100 * floor:.4f} %: {share / floor:.2f} times; "
                  f"{usage.ru_maxrss / 1024:.1f} MB resident at most (goal 20)", flush=True)
        # On one CPU, as in meter_accuracy.py, and wherever: a read that wakes the server on another, halted CPU costs
        # 0.2 ms on a virtual machine.
        cpu = str(max(os.sched_getaffinity(0)))
        for where, pin in (("", []), (" on one CPU", ["taskset", "-c", cpu])):
            if pin:
                subprocess.run(["taskset", "-apc", cpu, str(server.pid)], check=True, stdout=subprocess.DEVNULL)
            plain, measured = [], []
            for _ in range(args.runs):  # in turns, so that a busy machine is busy for both
                plain.append(wall([*pin, "true"]))
                measured.append(wall([*pin, *measure, "--sysfs", mount, "--", "true"]))
            added = statistics.median(measured) - statistics.median(plain)
            failed |= bool(pin) and added > 0.008
            print(f"measure -- true adds {added * 1e3:.2f} ms (goal 8) to the {statistics.median(plain) * 1e3:.2f} ms of "
                  f"true{where} (medians of {args.runs})", flush=True)
    finally:
        subprocess.run(["fusermount3", "-u", mount], check=True)
        server.wait(timeout=10)
        shutil.rmtree(folder); shutil.rmtree(still)
    return int(failed)

if __name__ == "__main__":
    sys.exit(main())
