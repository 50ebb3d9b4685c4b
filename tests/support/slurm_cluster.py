"""A Slurm cluster of our own on loopback: one slurmctld, some slurmd, one munged. Needs Debian's slurm-wlm and munge, and root
(slurmd starts jobs as their owner). Ports, keys, sockets, spools and logs are its own; it ends what it started, by process id,
and nothing else."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "squeue", "munged", "mungekey")


def missing():
    """Why no cluster can be started here; empty: one can."""
    lacking = [name for name in PROGRAMS if not find(name)]
    if lacking:
        return "no " + ", ".join(lacking) + ": apt-get install slurm-wlm munge"
    if os.geteuid() != 0:
        return "slurmd needs root"
    return ""


def find(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def children_of(pid):
    """All processes below `pid`, nearest first."""
    parents = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = pathlib.Path("/proc", entry, "stat").read_text()
        except OSError:
            continue
        parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    found, waiting = [], [pid]
    while waiting:
        below = parents.get(waiting.pop(0), [])
        found += below
        waiting += below
    return found


class Counter:
    """The energy counter of a machine of constant power, laid out as powercap shows one; it moves while it is entered."""

    def __init__(self, folder, watts):
        self.folder, self.watts = pathlib.Path(folder), watts
        zone = self.folder / "intel-rapl:0"
        zone.mkdir(parents=True)
        (zone / "name").write_text("package-0\n")
        (zone / "max_energy_range_uj").write_text("262143328850\n")
        self.file = os.open(zone / "energy_uj", os.O_CREAT | os.O_WRONLY, 0o444)
        self.stopped = threading.Event()
        self.tick()

    def tick(self):
        # As many digits each time, so that a reader never sees half of a number.
        os.pwrite(self.file, b"%012d\n" % (int(time.monotonic() * self.watts * 1e6) % 262143328850), 0)

    def __enter__(self):
        self.stopped.clear()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def _run(self):
        try:  # a counter moves on however busy the machine is
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        except OSError:
            pass
        while not self.stopped.wait(0.001):
            self.tick()

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def close(self):
        os.close(self.file)


class SlurmCluster:
    """With `watts` each node has an energy counter of its own: see counters."""

    def __init__(self, nodes=2, cpus=1, slurmd_timeout_s=10, watts=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="joulebench-slurm-"))
        self.names = [f"node{i + 1}" for i in range(nodes)]
        self.processes = {}
        self.counters = {name: Counter(self.folder / "counters" / name, one) for name, one in zip(self.names, watts)}
        try:
            self._configure(cpus, slurmd_timeout_s)
            self._start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def environment(self):
        """What a client of this cluster needs."""
        return {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def _configure(self, cpus, slurmd_timeout_s):
        controller, *ports = free_ports(1 + len(self.names))
        at = self.folder
        self.folder.chmod(0o755)  # munged looks at the folders above its socket
        for name in ("munge", "state", "log"):
            (at / name).mkdir(mode=0o755)
        (at / "munge/key").mkdir(mode=0o700)
        subprocess.run([find("mungekey"), "--create", f"--keyfile={at}/munge/key/key"], check=True)
        nodes = ""
        for name, port in zip(self.names, ports):
            (at / name).mkdir()
            nodes += f"NodeName={name} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 Port={port} CPUs={cpus}\n"
        prolog = at / "task_prolog"
        # Both nodes are this machine: each gets a measurement lock of its own.
        prolog.write_text(f'#!/bin/sh\necho "export JOULEBENCH_LOCK_FILE={at}/$SLURMD_NODENAME/lock"\n')
        prolog.chmod(0o755)
        (at / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        (at / "slurm.conf").write_text(f"""\
ClusterName=joulebench
SlurmctldHost={socket.gethostname()}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={at}/munge/socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog={prolog}
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
StateSaveLocation={at}/state
SlurmdSpoolDir={at}/%n/spool
SlurmctldPidFile={at}/state/pid
SlurmdPidFile={at}/%n/pid
SlurmctldLogFile={at}/log/slurmctld
SlurmdLogFile={at}/log/%n
SlurmctldTimeout=10
SlurmdTimeout={slurmd_timeout_s}
InactiveLimit=0
KillWait=3
MinJobAge=300
ReturnToService=2
MaxArraySize=10001
MaxJobCount=20000
{nodes}PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")

    def _spawn(self, name, command):
        with open(self.folder / "log" / f"{name}.out", "ab") as out:
            self.processes[name] = subprocess.Popen(command, env=self.environment(), stdin=subprocess.DEVNULL, stdout=out,
                                                    stderr=out, start_new_session=True)

    def _start(self):
        at = self.folder
        self._spawn("munged", [find("munged"), "--foreground", "--force", f"--socket={at}/munge/socket",
                               f"--key-file={at}/munge/key/key", f"--pid-file={at}/munge/pid",
                               f"--log-file={at}/log/munged", f"--seed-file={at}/munge/seed"])
        self._wait("munged's socket", lambda: (at / "munge/socket").exists())
        self._spawn("slurmctld", [find("slurmctld"), "-D", "-c", "-f", str(at / "slurm.conf")])
        for name in self.names:
            self.start_node(name)
        self._wait("idle nodes", lambda: self.node_states() == ["idle"] * len(self.names))

    def start_node(self, name):
        command = [find("slurmd"), "-D", "-N", name, "-f", str(self.folder / "slurm.conf")]
        if name in self.counters:
            mounts = "mount -t tmpfs none /sys/class && mkdir /sys/class/powercap && mount --bind \"$0\" /sys/class/powercap"
            command = ["unshare", "--mount", "sh", "-c", f"{mounts}; exec \"$@\"", str(self.counters[name].folder), *command]
        self._spawn(name, command)

    def kill_node(self, name):
        """As a power cut would: slurmd and everything that runs under it, with -9."""
        process = self.processes.pop(name)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self._end_steps(name)

    def _end_steps(self, name):
        steps = self.steps_of(name)
        for pid in steps + [below for step in steps for below in children_of(step)]:
            end(pid)

    def steps_of(self, name):
        """What slurmd started and let go: a slurmstepd for each job, parent of a process whose environment names the node."""
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                words = pathlib.Path("/proc", entry, "environ").read_bytes().split(b"\0")
                parent = int(pathlib.Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[1])
                of_parent = pathlib.Path("/proc", str(parent), "cmdline").read_bytes()
            except OSError:
                continue
            if f"SLURM_CONF={self.folder}/slurm.conf".encode() not in words or f"SLURMD_NODENAME={name}".encode() not in words:
                continue
            found += [parent, int(entry)] if of_parent.startswith(b"slurmstepd:") else [int(entry)]
        return list(dict.fromkeys(found))

    def node_states(self):
        result = self.run("sinfo", "-h", "-N", "-o", "%T")
        return result.stdout.split()

    def run(self, *command):
        return subprocess.run([find(command[0]), *command[1:]], env=self.environment(), capture_output=True, text=True,
                              timeout=30)

    def _wait(self, what, ready, limit_s=30):
        end_at = time.monotonic() + limit_s
        while not ready():
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended: {self.log(name)}")
            if time.monotonic() > end_at:
                raise RuntimeError(f"waited for {what} in vain: {self.log('slurmctld')}")
            time.sleep(0.1)

    def log(self, name):
        text = ""
        for file in (self.folder / "log" / name, self.folder / "log" / f"{name}.out"):
            if file.exists():
                text += file.read_text(errors="replace")[-3000:]
        return text

    def close(self):
        for name in self.names:
            self._end_steps(name)
        for name in [*self.names, "slurmctld", "munged"]:
            process = self.processes.pop(name, None)
            if process is None:
                continue
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for counter in self.counters.values():
            counter.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
