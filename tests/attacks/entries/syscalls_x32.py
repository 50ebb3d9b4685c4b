# System calls with the x32 bit.
# expect: crash
import jb
jb.syscall(0x40000000 + 39)
jb.won("an x32 system call came back")
