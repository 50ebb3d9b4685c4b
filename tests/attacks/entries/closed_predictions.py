# Predictions that their owner may not read either.
# expect: valid|predictions
import os
import jb
jb.ready()
for request in jb.requests():
    jb.write(request["predictions"], jb.npy(request["count"]))
    os.chmod(request["predictions"], 0)
    jb.done(request)
