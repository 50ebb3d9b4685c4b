# A byte now and then, so that something always seems to come.
# expect: timeout
import os
import time
while True:
    os.write(1, b"x")
    os.write(2, b"y")
    time.sleep(0.02)
