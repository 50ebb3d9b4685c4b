"""Predicts the class whose mean sample is nearest."""
import os

import numpy as np

import joulebench

# Loaded before serve(): only what follows is measured.
means = np.load("model.npz")["means"]  # (classes, elements)
# The nearest has the largest x.m - m.m / 2: x.x is the same for all.
half_squares = (means * means).sum(axis=1) / 2
kind = os.environ.get("JOULEBENCH_PREDICTIONS", "classes")  # what the track asks for


def predict(inputs):
    samples = inputs.reshape(len(inputs), -1).astype(np.float32)
    scores = samples @ means.T - half_squares
    if kind == "classes":
        return scores.argmax(axis=1)
    if kind == "scores":
        return scores
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))  # probabilities, in a wide sense
    return shares / shares.sum(axis=1, keepdims=True)


joulebench.serve(predict)
