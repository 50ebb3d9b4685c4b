# Raises its own limits, and takes more CPUs than it was given (limit: 1).
# expect: valid
import os
import resource
import jb
for name in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CORE, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
    soft, hard = resource.getrlimit(name)
    if hard != resource.RLIM_INFINITY:
        try:
            resource.setrlimit(name, (hard + 1, hard + 1))
            jb.won("raised a limit")
        except (OSError, ValueError):
            pass
try:
    os.sched_setaffinity(0, range(os.cpu_count()))
except OSError:
    pass
if len(os.sched_getaffinity(0)) > 1:
    jb.won("took more CPUs")
jb.serve()
