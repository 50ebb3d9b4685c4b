# Fills /tmp.
# expect: crash|memory
with open("/tmp/hog", "wb") as file:
    while True:
        file.write(bytes(1 << 20))
