# The rest of what was ever used to break out of a kernel.
# expect: valid
import ctypes
import jb
path = ctypes.c_char_p(b"/tmp")
for name, number, arguments in (
        ("bpf", 321, (0, 0, 0)), ("userfaultfd", 323, (1,)), ("perf_event_open", 298, (0, 0, -1, -1, 0)),
        ("kexec_load", 246, (0, 0, 0, 0)), ("init_module", 175, (0, 0, path)), ("finit_module", 313, (0, path, 0)),
        ("delete_module", 176, (path, 0)), ("open_by_handle_at", 304, (-100, path, 0)), ("iopl", 172, (3,)),
        ("name_to_handle_at", 303, (-100, path, path, path, 0)), ("personality", 135, (0x0040000,)),
        ("ioperm", 173, (0, 1, 1)), ("modify_ldt", 154, (0, 0, 0)), ("syslog", 103, (3, 0, 0)),
        ("reboot", 169, (0xfee1dead, 672274793, 0, 0)), ("sethostname", 170, (path, 4)), ("settimeofday", 164, (0, 0)),
        ("clock_settime", 227, (0, 0)), ("adjtimex", 159, (path,)), ("acct", 163, (path,)), ("vhangup", 153, ()),
        ("fanotify_init", 300, (0, 0)), ("lookup_dcookie", 212, (0, 0, 0)), ("move_pages", 279, (0, 0, 0, 0, 0, 0)),
        ("set_mempolicy", 238, (0, 0, 0)), ("mbind", 237, (0, 0, 0, 0, 0, 0)), ("landlock", 444, (0, 0, 1)),
        ("memfd_secret", 447, (0,)), ("lsm_list_modules", 461, (0, 0, 0)), ("number 600", 600, ())):
    jb.refused(name, number, *arguments)
jb.serve()
