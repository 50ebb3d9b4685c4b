"""What the hostile entries share: the protocol, kept small, and the marks they look for."""
import ctypes
import json
import os
import struct
import sys

MARKER = b"jb-attack-secret"  # in files, environments and sockets of the host; never to be seen inside
libc = ctypes.CDLL(None, use_errno=True)


def say(event):
    sys.stdout.write(event + "\n")
    sys.stdout.flush()


def ready():
    say('{"event":"ready"}')


def requests():
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "exit":
            return
        yield request


def npy(count, dtype="<i4", shape=None, body=None):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (dtype, shape or "(%d,)" % count)
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + (
        bytes(4 * count) if body is None else body)


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def done(request):
    say(json.dumps({"event": "done", "request": request["request"]}, separators=(",", ":")))


def answer(request):
    """Class 0 for all: in form, and wrong nine times in ten."""
    write(request["predictions"], npy(request["count"]))
    done(request)


def serve():
    """Behaves from here on. The outcome "valid" thus says that what came before got nowhere."""
    ready()
    for request in requests():
        answer(request)


def won(what):
    """The attack worked: ends in a way that no test expects."""
    sys.stderr.write("THE ATTACK WORKED: %s\n" % what)
    sys.stderr.flush()
    os._exit(66)


def syscall(number, *arguments):
    """Returns the result, or -errno."""
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    return -ctypes.get_errno() if result == -1 else result


def refused(what, number, *arguments):
    if syscall(number, *arguments) >= 0:
        won(what)


def find_marker(paths):
    for path in paths:
        try:
            with open(path, "rb") as file:
                if MARKER in file.read(1 << 20):
                    won("read " + path)
        except OSError:
            pass
