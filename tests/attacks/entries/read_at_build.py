# build: python3 entry.py build
# Looks around in the build step, and finds nothing to take along; the inputs are not there either.
# expect: valid
import os
import sys
import jb
if len(sys.argv) > 1:
    found = [p for p in ("/jb/in", "/root", "/home", "/work", JB_SECRET_FILE) if os.path.exists(p)]
    for folder, folders, files in os.walk("/"):
        folders[:] = [f for f in folders if os.path.join(folder, f) not in ("/usr", "/proc", "/etc/alternatives", "/dev")]
        for name in files:
            try:
                with open(os.path.join(folder, name), "rb") as file:
                    if jb.MARKER in file.read(1 << 20) and not folder.startswith("/jb/submission"):
                        found.append(os.path.join(folder, name))
            except OSError:
                pass
    jb.write("found", "\n".join(found).encode())
    sys.exit(0)
if open("found").read():
    jb.won("the build step found " + open("found").read())
jb.serve()
