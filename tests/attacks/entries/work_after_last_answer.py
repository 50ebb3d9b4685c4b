# Computes in the background all the time: also when nobody asked.
# expect: violation|valid
# Valid where CPU time is counted in ticks: it is frozen between windows, and pays for what it computes inside them.
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
