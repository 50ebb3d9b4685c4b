# Forks until it is refused, and ends in the exception.
# expect: processes|crash
import os
import time
while True:
    if os.fork() == 0:
        time.sleep(1000)
