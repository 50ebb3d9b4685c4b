# Closes stdout and stays.
# expect: timeout|protocol
import os
import time
os.close(1)
time.sleep(1000)
