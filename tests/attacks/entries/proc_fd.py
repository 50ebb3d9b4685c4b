# Opens the descriptors of all processes, its own parent's first.
# expect: valid
import glob
import os
import jb
jb.find_marker(path for path in glob.glob("/proc/[0-9]*/fd/*") if "pipe" not in os.readlink(path))
if len(glob.glob("/proc/[0-9]*")) > 3:
    jb.won("other processes are in sight")
jb.serve()
