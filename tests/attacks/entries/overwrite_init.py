# Writes into the memory of process 1, which runs as the same user.
# expect: valid|crash|protocol|timeout
import jb
try:
    ranges = [line.split()[0] for line in open("/proc/1/maps") if "r-xp" in line or "rw-p" in line]
    with open("/proc/1/mem", "r+b", buffering=0) as memory:
        for r in ranges:
            start, end = (int(x, 16) for x in r.split("-"))
            try:
                memory.seek(start)
                memory.write(b"\xcc" * (end - start))
            except (OSError, ValueError, OverflowError):
                pass
except OSError:
    pass
jb.serve()
