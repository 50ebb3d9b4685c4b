# Answers a pass that comes later.
# expect: protocol
import jb
jb.ready()
for request in jb.requests():
    request["request"] += 1
    jb.answer(request)
