# Crashes, so that the host's crash handler would run on its memory.
# expect: crash
import os
os.abort()
