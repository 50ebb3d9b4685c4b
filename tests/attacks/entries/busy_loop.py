# Computes for ever instead of loading.
# expect: timeout
while True:
    pass
