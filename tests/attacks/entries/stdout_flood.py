# Floods stdout with lines that are not for the protocol.
# expect: timeout
import os
line = (b"x" * 1000 + b"\n") * 60
while True:
    os.write(1, line)
