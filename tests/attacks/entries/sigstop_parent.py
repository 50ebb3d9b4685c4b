# Stops and kills its parent, process 1 of its world.
# expect: valid
import os
import signal
import jb
for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
    try:
        os.kill(os.getppid(), number)
        os.kill(1, number)
    except OSError:
        pass
jb.serve()
