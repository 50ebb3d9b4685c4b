# System calls by way of a ring that no filter sees.
# expect: valid
import ctypes
import jb
parameters = (ctypes.c_uint32 * 30)()
jb.refused("io_uring_setup", 425, 8, ctypes.byref(parameters))
jb.refused("io_uring_enter", 426, 0, 0, 0, 0, 0, 0)
jb.refused("io_uring_register", 427, 0, 0, 0, 0)
jb.serve()
