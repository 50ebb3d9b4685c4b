# Names that break what is not careful.
# expect: valid
import os
import jb
for name in (b"-rf", b"a\nb", b"\x1b[2J", b"\xff\xfe", b"x" * 255, b"'; rm -rf $HOME; '", b"..  ", b"...", b"0.npy\x01"):
    open(b"/jb/out/" + name, "wb").close()
os.makedirs("/jb/out/" + "d/" * 100)
jb.serve()
