# Is gone after its first measured answer.
# expect: protocol|crash
import os
import jb
jb.ready()
for number, request in enumerate(jb.requests()):
    jb.answer(request)
    if number == 1:
        os._exit(0)
