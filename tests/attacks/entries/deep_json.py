# A protocol line nested thirty thousand deep.
# expect: protocol
import jb
jb.say('{"event":' + "[" * 30000)
jb.say('{"event":' + "[" * 30000 + "]" * 30000 + "}")
jb.serve()
