# Becomes root through the host's set-uid programs.
# expect: valid
import os
import subprocess
import jb
for command in (["su", "-c", "id -u"], ["mount", "-t", "tmpfs", "x", "/tmp"], ["newgrp", "root"], ["passwd", "-S"],
                ["chsh", "-s", "/bin/sh"], ["bwrap", "--ro-bind", "/", "/", "id", "-u"], ["unshare", "-r", "id", "-u"]):
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=3)
        if run.stdout.strip() == b"0":
            jb.won("root by " + command[0])
    except (OSError, subprocess.TimeoutExpired):
        pass
for change in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setresuid(0, 0, 0)):
    try:
        change()
        jb.won("became root")
    except OSError:
        pass
jb.serve()
