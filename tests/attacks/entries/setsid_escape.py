# Leaves a deaf child in a session of its own, with the pipes closed.
# expect: valid
import os
import signal
import time
import jb
if os.fork() == 0:
    os.setsid()
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    os.closerange(0, 100)
    while True:
        time.sleep(1000)
jb.serve()
