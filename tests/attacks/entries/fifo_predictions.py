# Predictions in a pipe that nobody writes to: who opens it waits.
# expect: predictions
import os
import jb
jb.ready()
for request in jb.requests():
    os.mkfifo(request["predictions"])
    jb.done(request)
