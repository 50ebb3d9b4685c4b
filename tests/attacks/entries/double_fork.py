# Leaves a grandchild that wants to live on.
# expect: valid
import os
import time
import jb
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
os.wait()
jb.serve()
