# Does not go when asked to.
# expect: timeout
import time
import jb
jb.serve()
time.sleep(1000)
