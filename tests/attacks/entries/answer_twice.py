# Answers each request twice.
# expect: protocol|violation
import jb
jb.ready()
for request in jb.requests():
    jb.answer(request)
    jb.done(request)
