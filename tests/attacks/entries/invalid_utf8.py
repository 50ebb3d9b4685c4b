# Bytes that are no text, on both pipes.
# expect: crash
import os
import sys
os.write(2, bytes(range(256)) * 4 + b"\n\xf0\x9f\x92\n\xed\xa0\x80\xc0\xaf\n")
os.write(1, b"\xff\xfe\x00\x80\xc3\x28\n")
sys.exit(5)
