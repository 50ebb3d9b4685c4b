# Reads the environments and command lines of all processes.
# expect: valid
import glob
import jb
jb.find_marker(glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/maps"))
jb.serve()
