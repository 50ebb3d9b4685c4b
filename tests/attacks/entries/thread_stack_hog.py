# Threads with huge stacks, each touched.
# expect: valid|memory|crash
import threading
import jb
threading.stack_size(1 << 30)
try:
    for _ in range(20):
        threading.Thread(target=bytearray, args=(1 << 20,)).start()
except (RuntimeError, MemoryError, ValueError):
    pass
jb.serve()
