# Looks for a place to write that nobody sized.
# expect: valid
import os
import jb
for folder in ("/", "/dev", "/etc", "/jb", "/usr", "/proc", "/jb/in", "/jb/submission", "/etc/alternatives", "/dev/null"):
    try:
        with open(os.path.join(folder, "hog"), "wb") as file:
            file.write(b"x")
        jb.won("wrote to " + folder)
    except OSError:
        pass
jb.serve()
