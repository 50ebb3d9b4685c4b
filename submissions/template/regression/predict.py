"""Predicts a number by the straight line that fits the public part best."""
import numpy as np

import joulebench

# Loaded before serve(): only what follows is measured.
model = np.load("model.npz")
slope, constant = model["slope"], model["constant"]


def predict(inputs):
    return inputs.reshape(len(inputs), -1).astype(np.float32) @ slope + constant


joulebench.serve(predict)
