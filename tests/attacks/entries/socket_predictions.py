# Predictions that are a socket.
# expect: predictions
import socket
import jb
jb.ready()
for request in jb.requests():
    server = socket.socket(socket.AF_UNIX)
    server.bind(request["predictions"])
    server.listen()
    jb.done(request)
