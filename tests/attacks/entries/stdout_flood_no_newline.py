# One line of stdout that never ends.
# expect: timeout|protocol
import os
while True:
    os.write(1, b"x" * 60000)
