# A header that promises more than there are atoms.
# expect: predictions
import jb
jb.ready()
for request in jb.requests():
    jb.write(request["predictions"], jb.npy(0, shape="(4611686018427387904, 4611686018427387904)", body=b"x"))
    jb.done(request)
