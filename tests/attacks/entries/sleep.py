# Never says that it is ready.
# expect: timeout
import time
time.sleep(1000)
