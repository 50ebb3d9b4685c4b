"""Predicts a number by a linear regression with squares and products: one matrix product."""
import os

import numpy as np

import joulebench

model = np.load(f"models/{os.environ['JOULEBENCH_DATASET']}.npz")
mean, scale, weights, bias = (model[name] for name in ("mean", "scale", "weights", "bias"))
rows, columns = np.triu_indices(len(mean))


def predict(inputs):
    samples = np.clip((inputs.reshape(len(inputs), -1) - mean) / scale, -5, 5)
    return np.hstack([samples, samples[:, rows] * samples[:, columns]]) @ weights + bias


joulebench.serve(predict)
