# Takes a request and never answers.
# expect: timeout
import time
import jb
jb.ready()
for request in jb.requests():
    time.sleep(1000)
