"""Prunes the network of ../neural-network: python3 train.py PUBLIC DATASET

PUBLIC holds inputs.npy and labels.npy of the public part. Nine tenths of the hidden weights, the
smallest, are taken out in three steps, with training after each so that the others make up for them.
The result is models/DATASET.*.npy.
"""
import sys

import numpy as np

KEPT, EPOCHS, BATCH, RATE = (0.4, 0.2, 0.1), 3, 64, 1e-3

folder, dataset = sys.argv[1:]
inputs = np.load(f"{folder}/inputs.npy")
labels = np.load(f"{folder}/labels.npy")
model = np.load(f"../neural-network/models/{dataset}.npz")
scale = np.float32(inputs.std())
samples = inputs.reshape(len(inputs), -1).astype(np.float32) / scale
targets = np.eye(labels.max() + 1, dtype=np.float32)[labels]

parameters = [model["hidden_weights"].astype(np.float32) * scale, model["hidden_bias"].copy(),
              model["weights"].astype(np.float32), model["bias"].copy()]
means = [np.zeros_like(p) for p in parameters]
squares = [np.zeros_like(p) for p in parameters]
spread = samples.std(axis=0)[:, None]  # a weight of a pixel that never changes does nothing
random = np.random.default_rng(0)
step = 0
for kept in KEPT:
    importance = np.abs(parameters[0]) * spread
    mask = importance >= np.quantile(importance, 1 - kept)
    parameters[0] *= mask
    for epoch in range(EPOCHS):
        rate = np.float32(RATE * (1 - epoch / EPOCHS))
        order = random.permutation(len(samples))
        for start in range(0, len(order), BATCH):
            rows = order[start:start + BATCH]
            x, target = samples[rows], targets[rows]
            hidden = np.maximum(x @ parameters[0] + parameters[1], 0)
            logits = hidden @ parameters[2] + parameters[3]
            chances = np.exp(logits - logits.max(axis=1, keepdims=True))
            chances /= chances.sum(axis=1, keepdims=True)
            error = (chances - target) / len(rows)
            back = (error @ parameters[2].T) * (hidden > 0)
            gradients = [(x.T @ back) * mask, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
            step += 1
            for p, gradient, m, s in zip(parameters, gradients, means, squares):  # Adam
                m += 0.1 * (gradient - m)
                s += 0.001 * (gradient * gradient - s)
                p -= rate * (m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8)
            parameters[0] *= mask

# Rows of pixels, one after the other: where each begins, the units it goes to, and with what weight.
places = np.argwhere(parameters[0] != 0)
starts = np.searchsorted(places[:, 0], np.arange(len(parameters[0]) + 1))
for name, array in {"starts": starts.astype(np.int32), "units": places[:, 1].astype(np.uint8),
                    "values": (parameters[0] / scale)[tuple(places.T)].astype(np.float32),
                    "hidden_bias": parameters[1], "weights": parameters[2],
                    "bias": parameters[3]}.items():
    np.save(f"models/{dataset}.{name}.npy", np.ascontiguousarray(array))
