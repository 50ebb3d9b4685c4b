# Starts more threads than the track allows (limit: 24).
# expect: valid
import threading
import jb
stop = threading.Event()
count = 0
try:
    for count in range(200):
        threading.Thread(target=stop.wait, daemon=True).start()
except RuntimeError:
    pass
if count > 30:
    jb.won("%d threads" % count)
stop.set()
jb.serve()
