# Watches for the inputs of its next window, to compute the answers before it opens. They appear inside what is
# measured; were they there earlier, this work would be seen as a violation.
# expect: valid
import os
import threading
import time
import jb


def inputs():
    return {os.path.join(folder, name) for folder, _, names in os.walk("/jb/in") for name in names}


def peek():
    while True:
        while not asked.is_set() and inputs() - known:
            sum(range(10000))  # at work on them
        time.sleep(0.001)


asked = threading.Event()
asked.set()
known = set()
jb.ready()
threading.Thread(target=peek, daemon=True).start()
for request in jb.requests():
    asked.set()
    known = inputs()
    jb.answer(request)
    if "window" in request["inputs"]:  # a measured one: no public inputs come after it
        asked.clear()
