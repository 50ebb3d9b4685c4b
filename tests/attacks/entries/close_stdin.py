# Closes stdin and says that it is ready.
# expect: protocol|crash|timeout
import os
import time
import jb
os.close(0)
jb.ready()
time.sleep(1000)
