# Predictions under two names.
# expect: predictions
import os
import jb
jb.ready()
for request in jb.requests():
    jb.write("/jb/out/other", jb.npy(request["count"]))
    os.link("/jb/out/other", request["predictions"])
    jb.done(request)
