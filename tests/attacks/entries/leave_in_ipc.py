# blocks: 2
# Leaves a note in System V and POSIX message queues, semaphores and shared memory.
# expect: valid
import ctypes
import jb
SHMGET, SEMGET, MSGGET, MQ_OPEN = 29, 64, 68, 240
KEY = 0x6A62
for name, number, arguments in (("shmget", SHMGET, (KEY, 4096, 0)), ("semget", SEMGET, (KEY, 1, 0)), ("msgget", MSGGET, (KEY, 0))):
    if jb.syscall(number, *arguments) >= 0:
        jb.won("found what the last block left by " + name)
jb.syscall(SHMGET, KEY, 4096, 0o1666)
jb.syscall(SEMGET, KEY, 1, 0o1666)
jb.syscall(MSGGET, KEY, 0o1666)
jb.refused("mq_open", MQ_OPEN, ctypes.c_char_p(b"note"), 0o102, 0o666, 0)
jb.serve()
