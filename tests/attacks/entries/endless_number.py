# Predictions as text with a number of a million digits.
# expect: predictions
import jb
jb.ready()
for request in jb.requests():
    jb.write(request["predictions"], b"9" * 200000 + b"\n" + b"-0x1p999\n" * (request["count"] - 1))
    jb.done(request)
