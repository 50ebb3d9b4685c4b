# build: python3 entry.py build
# Fills the disk that the build step may write to (limit: 16 MB).
# expect: build
import time
with open("hog", "wb") as file:
    for _ in range(64):
        file.write(bytes(1 << 20))
    file.flush()
    time.sleep(5)
