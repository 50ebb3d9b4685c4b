# Looks for descriptors that were left open.
# expect: valid
import os
import jb
for fd in range(3, 4096):
    try:
        os.fstat(fd)
        jb.won("descriptor %d is open: %s" % (fd, os.readlink("/proc/self/fd/%d" % fd)))
    except OSError:
        pass
jb.serve()
