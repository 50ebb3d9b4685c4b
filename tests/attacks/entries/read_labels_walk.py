# Walks all it can see for what should not be there.
# expect: valid
import os
import jb
for folder, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(folder, f) not in ("/usr", "/proc", "/etc/alternatives", "/dev", "/jb/submission")]
    jb.find_marker(os.path.join(folder, f) for f in files)
for path in ("/root", "/home", "/var", "/run", "/sys", "/mnt", "/boot", "/srv", "/opt", "/work", "/etc/shadow",
             "/etc/machine-id", "/etc/hostname", "/var/run/docker.sock", "/run/dbus/system_bus_socket"):
    if os.path.exists(path):
        jb.won("there is " + path)
jb.serve()
