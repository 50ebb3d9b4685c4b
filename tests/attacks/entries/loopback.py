# Talks to a server of the host on the loopback.
# expect: valid
import socket
import jb
for address in ("127.0.0.1", "::1", "localhost", "0.0.0.0"):
    try:
        socket.create_connection((address, JB_PORT), timeout=1)
        jb.won("connected to " + address)
    except OSError:
        pass
jb.serve()
