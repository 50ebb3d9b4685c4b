# 100 MB of log, then behaves.
# expect: valid
import os
import jb
for _ in range(1600):
    os.write(2, b"y" * 65536)
jb.serve()
