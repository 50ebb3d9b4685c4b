"""The client side of joulebench's process protocol, for entries in Python. Copy this file into your entry.

    import joulebench

    def predict(inputs):              # a NumPy array; samples lie along its first axis
        return ...                    # one class index per sample, in the same order

    joulebench.serve(predict)         # load your model before this line

In a single-stream track predict() is called with one sample at a time: an array of one row, to be read and not kept.
print() goes to the log, not to the protocol. An exception ends the program; its text is in the log.
"""
import json
import os
import struct
import sys

import numpy as np


def serve(predict):
    """Answers requests until the harness says exit. Call it once, at the end of the program."""
    # The protocol keeps a descriptor of its own; whatever else writes to stdout writes to the log.
    protocol = os.dup(1)
    os.dup2(2, 1)
    requests = sys.stdin.buffer

    def answer(event):
        os.write(protocol, (json.dumps(event) + "\n").encode())

    answer({"event": "ready"})
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        if request["op"] == "exit":
            return
        if request["op"] == "predict":
            inputs = np.load(request["inputs"], allow_pickle=False)
            classes = _classes(predict(inputs), request["count"])
            with open(request["predictions"], "wb") as file:
                np.save(file, classes.astype(np.int32, copy=False))
            answer({"event": "done", "pass": request["pass"]})
        elif request["op"] == "stream":
            answer({"event": "streaming"})
            _stream(predict, request, requests, protocol)
        else:
            raise ValueError(f"this entry cannot answer the request {request['op']!r}")


def _classes(classes, count):
    classes = np.asarray(classes)
    if classes.shape != (count,) or classes.dtype.kind not in "iu":
        raise ValueError(f"predict() gave {classes.dtype} of shape {classes.shape}, where "
                         f"{count} integers were expected")
    return classes


def _stream(predict, request, requests, protocol):
    """One sample a frame (uint32 bytes, uint32 number, sample), one line an answer, until number 0."""
    inputs = np.zeros([1] + request["shape"], request["dtype"])
    sample = memoryview(inputs).cast("B") if inputs.nbytes else None
    header = struct.Struct("<II")
    while True:
        frame = requests.read(header.size)
        if len(frame) < header.size:
            raise EOFError("the requests ended inside a stream")
        length, number = header.unpack(frame)
        if number == 0:
            return
        if length != inputs.nbytes or (sample is not None and requests.readinto(sample) != length):
            raise EOFError(f"sample {number} has not the {inputs.nbytes} bytes that were announced")
        os.write(protocol, b'{"event":"answer","sample":%d,"class":%d}\n' % (number, _classes(predict(inputs), 1)[0]))
