# A race: predictions turn into a link and back all the time.
# expect: predictions|violation|timeout
import os
import threading
import jb
jb.ready()


def swap(path):
    while True:
        try:
            os.symlink("/etc/passwd", path + ".link")
            os.rename(path + ".link", path)
            os.link("/jb/out/good", path + ".file")
            os.rename(path + ".file", path)
        except OSError:
            pass


for request in jb.requests():
    jb.write("/jb/out/good", jb.npy(request["count"]))
    threading.Thread(target=swap, args=(request["predictions"],), daemon=True).start()
    jb.done(request)
