# Kills all that it may kill.
# expect: valid
import os
import signal
import jb
try:
    os.kill(-1, signal.SIGKILL)
except OSError:
    pass
for pid in range(2, 5000):
    if pid != os.getpid():
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
jb.serve()
