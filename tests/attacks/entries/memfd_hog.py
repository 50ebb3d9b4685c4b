# Hides memory in files that have no name.
# expect: memory|crash
import os
kept = []
while True:
    fd = os.memfd_create("hog")
    kept.append(fd)
    for _ in range(8):
        os.write(fd, bytes(1 << 20))
