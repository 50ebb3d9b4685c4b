# Makes the processor faster, or others slower.
# expect: valid
import os
import jb
for path in ("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger",
             "/proc/sys/vm/drop_caches", "/proc/sys/kernel/core_pattern", "/proc/1/oom_score_adj", "/proc/sys/user/max_user_namespaces"):
    try:
        with open(path, "w") as file:
            file.write("1000")
        if path != "/proc/1/oom_score_adj":
            jb.won("wrote " + path)
    except OSError:
        pass
for attempt in (lambda: os.nice(-10), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10)),
                lambda: os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000")):
    try:
        attempt()
        jb.won("became more important than others")
    except OSError:
        pass
jb.serve()
