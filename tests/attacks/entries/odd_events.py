# Events of types that nobody expects.
# expect: protocol
import jb
jb.say('{"event":{"event":1e999}}')
jb.serve()
