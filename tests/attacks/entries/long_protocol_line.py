# One protocol line that never ends.
# expect: protocol
import os
os.write(1, b"{")
while True:
    os.write(1, b'"x":' * 10000)
