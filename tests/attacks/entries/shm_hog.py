# Fills /dev/shm and /tmp together.
# expect: crash|memory
import os
for path in ("/dev/shm/hog", "/tmp/hog"):
    try:
        with open(path, "wb") as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError:
        pass
hoard = bytearray(b"x" * (60 << 20))
os._exit(1)
