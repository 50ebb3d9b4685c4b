# Predictions that are a link to where labels could be.
# expect: predictions
import os
import jb
jb.ready()
for request in jb.requests():
    os.symlink("/etc/passwd", request["predictions"])
    jb.done(request)
