# Each child forks again, for ever.
# expect: processes|timeout
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
