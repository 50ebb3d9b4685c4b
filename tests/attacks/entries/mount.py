# Mounts, moves roots, opens trees.
# expect: valid
import ctypes
import jb
tmp, fs = ctypes.c_char_p(b"/tmp"), ctypes.c_char_p(b"tmpfs")
jb.refused("mount", 165, fs, tmp, fs, 0, 0)
jb.refused("umount2", 166, tmp, 2)
jb.refused("pivot_root", 155, tmp, tmp)
jb.refused("chroot", 161, tmp)
jb.refused("open_tree", 428, -100, tmp, 1)
jb.refused("move_mount", 429, -100, tmp, -100, tmp, 0)
jb.refused("fsopen", 430, fs, 0)
jb.refused("fspick", 433, -100, tmp, 0)
jb.refused("mount_setattr", 442, -100, tmp, 0, 0, 0)
jb.refused("swapon", 167, tmp, 0)
jb.refused("quotactl", 179, 0x80000700, tmp, 0, 0)
jb.serve()
