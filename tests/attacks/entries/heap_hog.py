# Takes more memory than the track allows (limit: 96 MB).
# expect: memory|crash
hoard = []
while True:
    hoard.append(bytearray(b"x" * (1 << 20)))
