# Recurses in C until the stack ends.
# expect: crash|memory
import sys
sys.setrecursionlimit(10**9)
nested = []
for _ in range(10**6):
    nested = [nested]
repr(nested)
