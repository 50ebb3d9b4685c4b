# Stops its own children and goes; nobody will wake them.
# expect: valid
import os
import signal
import time
import jb
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        time.sleep(1000)
        os._exit(0)
    os.kill(pid, signal.SIGSTOP)
jb.serve()
