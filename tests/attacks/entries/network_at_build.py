# build: python3 entry.py build
# Calls home while it is built.
# expect: valid
import socket
import sys
import jb
if len(sys.argv) > 1:
    for address in (("127.0.0.1", JB_PORT), ("192.0.2.1", 80)):
        try:
            socket.create_connection(address, timeout=1)
            jb.won("connected to %s:%d" % address)
        except OSError:
            pass
    sys.exit(0)
jb.serve()
