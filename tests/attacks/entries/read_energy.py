# Reads the meters, to see when it is measured, and to read others' secrets from them.
# expect: valid
import glob
import os
import jb
for path in ("/sys/class/powercap/intel-rapl:0/energy_uj", "/sys/class/hwmon", "/sys/devices", "/dev/cpu/0/msr", "/sys",
             "/proc/fakerapl/truth", "/dev/nvidia0", "/dev/nvidiactl", "/dev/dri", "/dev/kvm", "/dev/mem", "/dev/kmsg"):
    if os.path.exists(path):
        jb.won("there is " + path)
attributes = (jb.ctypes.c_uint32 * 32)()
attributes[1] = 128
jb.refused("perf_event_open", 298, jb.ctypes.byref(attributes), 0, -1, -1, 0)
jb.serve()
