# blocks: 2
# Leaves a note in /tmp, /dev/shm and its own folder for its next block.
# expect: valid
import jb
for path in ("/tmp/note", "/dev/shm/note", "/jb/out/note", "/jb/submission/note", "/jb/in/note", "/var/tmp/note"):
    try:
        open(path)
        jb.won("found " + path)
    except OSError:
        pass
    try:
        jb.write(path, b"note")
    except OSError:
        pass
jb.serve()
