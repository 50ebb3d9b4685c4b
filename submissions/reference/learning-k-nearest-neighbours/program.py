"""Learns by heart: keeps all samples; the nearest vote, by scikit-learn."""
import os

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

import joulebench


def flat(inputs):
    return inputs.reshape(len(inputs), -1).astype(np.float32)


if "JOULEBENCH_MODEL" in os.environ:
    with np.load(os.environ["JOULEBENCH_MODEL"] + "/samples.npz") as samples:
        scale, count = samples["scale"], int(samples["neighbours"])
        neighbours = KNeighborsClassifier(count, algorithm="brute").fit(flat(samples["inputs"]) / scale, samples["labels"])


def predict(inputs):
    return neighbours.predict(flat(inputs) / scale)


def train(data):
    # Measurements have units of their own, and noise; pixels are alike.
    measurements = data.inputs.dtype.kind == "f"
    scale = flat(data.inputs).std(axis=0) + 1e-9 if measurements else np.float32(1)
    np.savez(data.model + "/samples.npz", inputs=data.inputs, labels=data.labels, scale=scale,
             neighbours=15 if measurements else 5)


joulebench.serve(predict, train)
