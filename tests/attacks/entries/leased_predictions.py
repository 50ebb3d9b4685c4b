# Predictions with a lease: who opens them waits 45 s for the holder.
# expect: predictions
import fcntl
import signal
import jb
signal.signal(signal.SIGIO, signal.SIG_IGN)
jb.ready()
kept = []
for request in jb.requests():
    file = open(request["predictions"], "wb")
    file.write(jb.npy(request["count"]))
    file.flush()
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    kept.append(file)
    jb.done(request)
