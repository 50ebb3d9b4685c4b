# Is gone when the first request comes.
# expect: protocol|crash
import jb
jb.ready()
