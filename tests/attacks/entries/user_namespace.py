# A user namespace of its own, where it would be root.
# expect: valid
import ctypes
import jb
for flags in (0x10000000, 0x10020000, 0x00020000, 0x20000000, 0x40000000, 0x02000000, 0x04000000, 0x08000000):
    jb.refused("unshare", 272, flags)
    jb.refused("clone", 56, flags | 17, 0, 0, 0, 0)
arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
jb.refused("clone3", 435, ctypes.byref(arguments), 88)
jb.serve()
