"""The client side of joulebench's process protocol, for entries in Python. Copy this file into your entry.

    import joulebench

    def predict(inputs):              # a NumPy array; samples lie along its first axis
        return ...                    # one class index per sample, in the same order; where the track asks
                                      # for it a row of scores or probabilities, or one number per sample

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
            predictions = _predictions(predict(inputs), request["count"])
            with open(request["predictions"], "wb") as file:
                np.save(file, predictions)
            answer({"event": "done", "pass": request["pass"]})
        elif request["op"] == "stream":
            answer({"event": "streaming"})
            _stream(predict, request, requests, protocol)
        else:
            raise ValueError(f"this entry cannot answer the request {request['op']!r}")


# What the track asks for: "classes", "scores", "probabilities" or "numbers".
_kind = os.environ.get("JOULEBENCH_PREDICTIONS", "classes")


def _predictions(answer, count):
    """The answer as the harness reads it, or a ValueError that says what was expected."""
    answer = np.asarray(answer)
    kept, wanted, dimensions, types = {
        "classes": (np.int32, f"{count} integers", 1, "iu"),
        "numbers": (np.float64, f"{count} numbers", 1, "fiu"),
    }.get(_kind, (np.float32, f"{count} rows of {_kind}", 2, "fiu"))
    if answer.ndim != dimensions or len(answer) != count or answer.dtype.kind not in types:
        raise ValueError(f"predict() gave {answer.dtype} of shape {answer.shape}, where {wanted} were expected")
    return np.ascontiguousarray(answer, dtype=kept)


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
        os.write(protocol, b'{"event":"answer","sample":%d,"class":%d}\n' % (number, _predictions(predict(inputs), 1)[0]))
