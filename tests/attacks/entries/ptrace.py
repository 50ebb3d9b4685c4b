# Takes over other processes.
# expect: valid
import ctypes
import os
import jb
parent = os.getppid()
jb.refused("ptrace attach", 101, 16, parent, 0, 0)
jb.refused("ptrace seize", 101, 0x4206, parent, 0, 0)
jb.refused("ptrace traceme", 101, 0, 0, 0, 0)
jb.refused("process_vm_readv", 310, parent, 0, 0, 0, 0, 0)
jb.refused("process_vm_writev", 311, parent, 0, 0, 0, 0, 0)
jb.refused("kcmp", 312, parent, os.getpid(), 0, 0, 0)
pidfd = jb.syscall(434, parent, 0)
if pidfd >= 0:
    jb.refused("pidfd_getfd", 438, pidfd, 0, 0)
    jb.refused("setns", 308, pidfd, 0x20000000)
    jb.refused("process_madvise", 440, pidfd, 0, 0, 4, 0)
jb.serve()
