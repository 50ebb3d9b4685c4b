# Predictions that still grow while they are read.
# expect: predictions|violation|output|crash
import os
import threading
import jb
jb.ready()


def grow(path):
    with open(path, "ab") as file:
        while True:
            file.write(bytes(4096))
            file.flush()


for request in jb.requests():
    jb.write(request["predictions"], jb.npy(request["count"]))
    jb.done(request)
    threading.Thread(target=grow, args=(request["predictions"],), daemon=True).start()
