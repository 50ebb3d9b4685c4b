# Goes through other processes to the host's files.
# expect: valid
import glob
import os
import jb
for root in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd") + glob.glob("/proc/*/task/*/root"):
    for path in (JB_SECRET_FILE, "/root", "/home", "/work"):
        try:
            if os.path.exists(root + path):
                jb.won("there is " + root + path)
        except OSError:
            pass
jb.serve()
