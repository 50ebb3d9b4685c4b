# Watches for the next inputs and computes its answers before the window opens.
# expect: valid
import os
import threading
import time
import jb
asked = threading.Event()


def peek():
    known = {0}
    while True:
        for name in os.listdir("/jb/in"):
            number = name.split(".")[0]
            if number.isdigit() and int(number) > current and not asked.is_set():
                jb.won("saw the inputs of pass %s before it was asked for" % number)
        time.sleep(0.01)


jb.ready()
current = 0
threading.Thread(target=peek, daemon=True).start()
for request in jb.requests():
    asked.set()
    current = request["pass"]
    jb.answer(request)
    asked.clear()
