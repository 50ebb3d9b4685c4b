# build: python3 entry.py build
# Leaves links, pipes, set-uid programs and closed folders in its own folder.
# expect: valid
import os
import stat
import sys
import jb
if len(sys.argv) > 1:
    os.symlink("/etc/shadow", "shadow")
    os.symlink("/", "root")
    os.mkfifo("pipe")
    jb.write("setuid", b"#!/bin/sh\nid\n")
    os.chmod("setuid", 0o6777)
    os.mkdir("closed")
    os.chmod("closed", 0)
    for _ in range(2000):  # deeper than a process may have folders open
        os.mkdir("tower")
        os.chdir("tower")
    sys.exit(0)
if os.stat("setuid").st_mode & (stat.S_ISUID | stat.S_ISGID):
    jb.won("a set-uid program stayed")
if os.path.exists("pipe"):
    jb.won("a pipe stayed")
try:
    jb.write("new", b"x")
    jb.won("its folder can be written to when it runs")
except OSError:
    pass
jb.serve()
