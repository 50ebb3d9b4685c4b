# Answers before it was asked.
# expect: protocol
import jb
jb.ready()
jb.write("/jb/out/0.npy", jb.npy(360))
jb.say('{"event":"done","request":0}')
jb.say('{"event":"done","request":1}')
for request in jb.requests():
    jb.answer(request)
