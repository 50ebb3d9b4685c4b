"""Predicts the class whose mean sample is nearest."""
import numpy as np

import joulebench

# Loaded before serve(): only what follows is measured.
means = np.load("model.npz")["means"]  # (classes, elements)
# The nearest has the largest x.m - m.m / 2: x.x is the same for all.
half_squares = (means * means).sum(axis=1) / 2


def predict(inputs):
    samples = inputs.reshape(len(inputs), -1).astype(np.float32)
    return (samples @ means.T - half_squares).argmax(axis=1)


joulebench.serve(predict)
