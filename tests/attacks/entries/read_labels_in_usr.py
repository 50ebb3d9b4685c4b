# Looks through the whole root for the labels of its own dataset: packages ship well-known data.
# expect: valid
import gzip
import os
import jb


def is_digits(path):
    try:
        if not 1000 < os.path.getsize(path) < 10000000:
            return False
        with open(path, "rb") as file:
            content = file.read()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        rows = [line for line in content.split(b"\n") if line.count(b",") in (63, 64)]
        return len(rows) > 1000
    except Exception:
        return False


for folder, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(folder, f) not in ("/proc", "/dev")]
    for name in files:
        if name.endswith((".csv", ".csv.gz", ".data", ".txt.gz")) and is_digits(os.path.join(folder, name)):
            jb.won("labels in " + os.path.join(folder, name))
jb.serve()
