# A protocol line that is no text.
# expect: protocol
import os
os.write(1, b'{"event":"\xff\xfe\x1b[31m"}\n')
