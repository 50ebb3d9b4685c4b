# More files than anybody reads.
# expect: output|crash
number = 0
while True:
    open("/jb/out/%d" % number, "wb").close()
    number += 1
