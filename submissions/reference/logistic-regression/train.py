"""Trains from the public part: python3 train.py PUBLIC DATASET

PUBLIC holds inputs.npy and labels.npy, as `joulebench dataset export DATASET PUBLIC` writes them. The
result is models/DATASET.npz.
"""
import sys

import numpy as np

# Epochs, batches in each, rate, weight decay; scale "one" divides all elements by one number (of pixels,
# all alike), "each" every element by its own (measurements in different units).
SETTINGS = {"digits": (1000, 1, 0.5, 1e-3, "one"), "wine-quality": (1000, 1, 0.5, 1e-4, "each"),
            "mushroom": (1000, 1, 0.5, 1e-5, "one"), "mnist": (15, 600, 0.005, 1e-4, "one"),
            "fashion-mnist": (15, 600, 0.003, 1e-4, "one")}
MOMENTUM = 0.9

folder, dataset = sys.argv[1:]
epochs, batches, rate, decay, scaling = SETTINGS[dataset]
inputs = np.load(f"{folder}/inputs.npy")
labels = np.load(f"{folder}/labels.npy")
samples = inputs.reshape(len(inputs), -1).astype(np.float32)
mean, scale = samples.mean(axis=0), samples.std(axis=0 if scaling == "each" else None) + 1e-9
samples = (samples - mean) / scale
targets = np.eye(labels.max() + 1, dtype=np.float32)[labels]

weights = np.zeros((samples.shape[1], targets.shape[1]), np.float32)
bias = np.zeros(targets.shape[1], np.float32)
weights_speed, bias_speed = np.zeros_like(weights), np.zeros_like(bias)
random = np.random.default_rng(0)
for epoch in range(epochs):  # gradient descent with momentum
    # Of many batches the order is drawn and the rate falls; one batch is all samples at once.
    order = random.permutation(len(samples)) if batches > 1 else np.arange(len(samples))
    step = rate * (1 - epoch / epochs) if batches > 1 else rate
    for rows in np.array_split(order, batches):
        batch = samples[rows]
        logits = batch @ weights + bias
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        error = (chances - targets[rows]) / np.float32(len(rows))
        weights_speed = MOMENTUM * weights_speed - step * (batch.T @ error + decay * weights)
        bias_speed = MOMENTUM * bias_speed - step * error.sum(axis=0)
        weights += weights_speed
        bias += bias_speed

# The scaling goes into the weights, so that prediction works on inputs as they are.
weights = (weights.T / scale).T
bias = bias - mean @ weights
np.savez_compressed(f"models/{dataset}.npz", weights=weights.astype(np.float32),
                    bias=bias.astype(np.float32))
