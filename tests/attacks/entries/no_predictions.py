# Says done and wrote nothing.
# expect: predictions
import jb
jb.ready()
for request in jb.requests():
    jb.done(request)
