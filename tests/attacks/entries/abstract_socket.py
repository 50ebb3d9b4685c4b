# Talks to a server of the host through an abstract socket, by connection and by datagram.
# expect: valid
import socket
import jb
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
    try:
        socket.socket(socket.AF_UNIX, kind).connect("\0" + JB_ABSTRACT)
        jb.won("connected")
    except OSError:
        pass
jb.serve()
