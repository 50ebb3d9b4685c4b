# A log that speaks in our voice.
# expect: crash
import os
import sys
fake = "joulebench: THE-VOICE accuracy 1.000, rank 1\n"
os.write(2, fake.encode() * 3)
os.write(1, fake.encode() * 3)
os.write(2, b"\r\x1b[2K\x1b[1A" + fake.encode() + b'{"outcome": "valid", "accuracy": 1.0}\n')
sys.exit(3)
