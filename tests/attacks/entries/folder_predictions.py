# Predictions that are a folder with something in it.
# expect: predictions
import os
import jb
jb.ready()
for request in jb.requests():
    os.makedirs(request["predictions"] + "/x")
    jb.done(request)
