# Sockets of every family but the one for its own processes.
# expect: valid
import jb
for family in range(0, 64):
    if family == 1:
        continue
    for kind in (1, 2, 3, 5):
        jb.refused("socket family %d" % family, 41, family, kind, 0)
        jb.refused("socket family %d in the low half" % family, 41, family | 1 << 32, kind, 0)
        jb.refused("socketpair family %d" % family, 53, family, kind, 0, 0)
jb.serve()
