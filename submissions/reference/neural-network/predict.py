"""Predicts with a network of one hidden layer: two matrix products."""
import os

import numpy as np

import joulebench

model = np.load(f"models/{os.environ['JOULEBENCH_DATASET']}.npz")
hidden_weights, hidden_bias = model["hidden_weights"].astype(np.float32), model["hidden_bias"]
weights, bias = model["weights"].astype(np.float32), model["bias"]


def predict(inputs):
    samples = inputs.reshape(-1, len(hidden_weights)).astype(np.float32)
    hidden = np.maximum(samples @ hidden_weights + hidden_bias, 0)
    return (hidden @ weights + bias).argmax(axis=1)


joulebench.serve(predict)
