# blocks: 2
# Leaves a note in the kernel's keyrings.
# expect: valid
import ctypes
import jb
ADD_KEY, REQUEST_KEY, KEYCTL = 248, 249, 250
for ring in (-1, -2, -3, -4, -5):
    jb.refused("keyctl", KEYCTL, 0, ring, 1)
    jb.refused("add_key", ADD_KEY, ctypes.c_char_p(b"user"), ctypes.c_char_p(b"note"), ctypes.c_char_p(b"x"), 1, ring)
jb.refused("request_key", REQUEST_KEY, ctypes.c_char_p(b"user"), ctypes.c_char_p(b"note"), 0, 0)
jb.serve()
