# Types into the terminal that the harness was started from.
# expect: valid
import os
import ctypes
import jb
TIOCSTI, TIOCLINUX, IOCTL = 0x5412, 0x541C, 16
byte = ctypes.c_char_p(b"x")
for fd in (0, 1, 2):
    for request in (TIOCSTI, TIOCLINUX, TIOCSTI | 1 << 32, 0x5423, 0x541D):
        jb.refused("ioctl", IOCTL, fd, request, byte)
        if jb.syscall(IOCTL, fd, request, byte) == -25 and request not in (0x541D | 1 << 40,):
            jb.won("the ioctl reached the driver")
for path in ("/dev/tty", "/dev/console", "/dev/tty0", "/dev/ptmx", "/dev/pts/0", "/dev/pts/ptmx"):
    try:
        os.open(path, os.O_RDWR | os.O_NOCTTY)
        jb.won("opened " + path)
    except OSError:
        pass
jb.serve()
