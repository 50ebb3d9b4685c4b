# Computes in the background all the time: also when nobody asked.
# expect: violation
import threading
import jb


def work():
    while True:
        sum(range(1000))


jb.ready()
for request in jb.requests():
    jb.answer(request)
    if request["request"] == 1:
        threading.Thread(target=work, daemon=True).start()
