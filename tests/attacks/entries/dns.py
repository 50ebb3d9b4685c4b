# Asks for a name.
# expect: valid
import socket
import jb
try:
    jb.won("got %r" % socket.getaddrinfo("example.com", 80))
except OSError:
    pass
jb.serve()
