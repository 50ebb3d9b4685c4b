# Writes predictions until there is no room.
# expect: output|crash
import jb
jb.ready()
for request in jb.requests():
    with open(request["predictions"], "wb") as file:
        while True:
            file.write(bytes(1 << 20))
