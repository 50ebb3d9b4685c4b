# Opens the descriptors of all processes, its own parent's first.
# expect: valid
import glob
import os
import jb
for path in glob.glob("/proc/[0-9]*/fd/*"):
    if os.path.isfile(path):
        jb.find_marker([path])
if len(glob.glob("/proc/[0-9]*")) > 3:
    jb.won("other processes are in sight")
jb.serve()
