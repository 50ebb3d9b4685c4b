"""The client side of joulebench's process protocol, for entries in Python. Copy this file into your entry.

    import joulebench

    def predict(inputs):              # a NumPy array; samples lie along its first axis
        return ...                    # one class index per sample, in the same order; where the track asks
                                      # for it a row of scores or probabilities, or one number per sample

    joulebench.serve(predict)         # load your model before this line

In a single-stream track predict() is called with one sample at a time: an array of one row, to be read and not kept.

In a training track the program is started twice: to train, and then anew to predict with what it left:

    def train(data):                  # a Training, below
        for epoch in range(20):
            joulebench.phase(f"epoch {epoch}")     # optional: a mark in the power trace
            ...
            joulebench.checkpoint(...)             # optional: classes for data.validation; accuracy over energy
        np.savez(f"{data.model}/model.npz", ...)

    folder = os.environ.get("JOULEBENCH_MODEL")    # where the model lies; None where it shall train
    if folder:
        ...
    joulebench.serve(predict, train)

print() goes to the log, not to the protocol. An exception ends the program; its text is in the log.
"""
import json
import os
import struct
import sys

import numpy as np


_protocol = None  # the harness's end of our stdout, once serve() has begun
_checkpoints = 0


class Training:
    """What a training is given: arrays, a folder for the model, and the seed of this block."""

    def __init__(self, request):
        self.inputs = np.load(request["inputs"], allow_pickle=False)
        self.labels = np.load(request["labels"], allow_pickle=False)
        # Inputs that checkpoints predict; None where the dataset keeps none for that.
        validation = request.get("validation")
        self.validation = None if validation is None else np.load(validation, allow_pickle=False)
        self.model = request["model"]
        self.seed = request["seed"]


def phase(name):
    """Marks this moment in the power trace."""
    _answer({"event": "phase", "name": str(name)})


def checkpoint(classes):
    """Reports what the model on its way predicts for the validation inputs, one integer each."""
    global _checkpoints
    _checkpoints += 1
    path = f"/jb/out/checkpoint-{_checkpoints}.npy"
    with open(path, "wb") as file:
        np.save(file, _predictions(classes, len(classes)))
    _answer({"event": "checkpoint", "predictions": path})


def serve(predict, train=None):
    """Answers requests until the harness says exit. Call it once, at the end of the program."""
    global _protocol
    # The protocol keeps a descriptor of its own; whatever else writes to stdout writes to the log.
    _protocol = os.dup(1)
    os.dup2(2, 1)
    requests = sys.stdin.buffer
    _answer({"event": "ready"})
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        if request["op"] == "exit":
            return
        if request["op"] == "predict":
            inputs = np.load(request["inputs"], allow_pickle=False)
            predictions = _predictions(predict(inputs), request["count"])
            with open(request["predictions"], "wb") as file:
                np.save(file, predictions)
            _answer({"event": "done", "request": request["request"]})
        elif request["op"] == "stream":
            _answer({"event": "streaming"})
            _stream(predict, request, requests)
        elif request["op"] == "train" and train is not None:
            train(Training(request))
            _answer({"event": "done"})
        else:
            raise ValueError(f"this entry cannot answer the request {request['op']!r}")


def _answer(event):
    os.write(_protocol, (json.dumps(event) + "\n").encode())


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


def _stream(predict, request, requests):
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
        os.write(_protocol, b'{"event":"answer","sample":%d,"class":%d}\n' % (number, _predictions(predict(inputs), 1)[0]))
