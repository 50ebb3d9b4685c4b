"""The client side of joulebench's process protocol, for entries in Python. Copy this file into your entry.

    import joulebench

    def predict(inputs):              # a NumPy array; samples lie along its first axis
        return ...                    # one class index per sample, in the same order

    joulebench.serve(predict)         # load your model before this line

print() goes to the log, not to the protocol. An exception ends the program; its text is in the log.
"""
import json
import os
import sys

import numpy as np


def serve(predict):
    """Answers requests until the harness says exit. Call it once, at the end of the program."""
    # The protocol keeps a descriptor of its own; whatever else writes to stdout writes to the log.
    protocol = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(event):
        protocol.write(json.dumps(event) + "\n")
        protocol.flush()

    answer({"event": "ready"})
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "exit":
            return
        if request["op"] != "predict":
            raise ValueError(f"this entry cannot answer the request {request['op']!r}")
        inputs = np.load(request["inputs"], allow_pickle=False)
        classes = np.asarray(predict(inputs))
        if classes.shape != (request["count"],) or classes.dtype.kind not in "iu":
            raise ValueError(f"predict() gave {classes.dtype} of shape {classes.shape}, where "
                             f"{request['count']} integers were expected")
        with open(request["predictions"], "wb") as file:
            np.save(file, classes.astype(np.int32, copy=False))
        answer({"event": "done", "pass": request["pass"]})
