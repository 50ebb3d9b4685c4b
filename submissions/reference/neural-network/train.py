"""Trains from the public part: python3 train.py PUBLIC DATASET

PUBLIC holds inputs.npy and labels.npy, as `joulebench dataset export DATASET PUBLIC` writes them. The
result is models/DATASET.npz.
"""
import sys

import numpy as np

# Hidden units, epochs, samples in a batch, rate at the start, weight decay; scale "one" divides all
# elements by one number (of pixels, all alike), "each" every element by its own (measurements).
SETTINGS = {"digits": (32, 100, 32, 2e-3, 1e-4, "one"), "wine-quality": (16, 40, 32, 2e-3, 1e-2, "each"),
            "mushroom": (16, 20, 32, 2e-3, 0, "one"), "mnist": (128, 20, 64, 2e-3, 1e-2, "one"),
            "fashion-mnist": (128, 20, 64, 2e-3, 2e-2, "one")}

folder, dataset = sys.argv[1:]
units, epochs, batch, first_rate, decay, scaling = SETTINGS[dataset]
inputs = np.load(f"{folder}/inputs.npy")
labels = np.load(f"{folder}/labels.npy")
samples = inputs.reshape(len(inputs), -1).astype(np.float32)
mean, scale = samples.mean(axis=0), samples.std(axis=0 if scaling == "each" else None) + 1e-9
samples = (samples - mean) / scale
targets = np.eye(labels.max() + 1, dtype=np.float32)[labels]

random = np.random.default_rng(0)
elements, classes = samples.shape[1], targets.shape[1]
parameters = [random.normal(0, np.sqrt(2 / elements), (elements, units)), np.zeros(units),
              random.normal(0, np.sqrt(2 / units), (units, classes)), np.zeros(classes)]
parameters = [p.astype(np.float32) for p in parameters]
means = [np.zeros_like(p) for p in parameters]
squares = [np.zeros_like(p) for p in parameters]
step = 0
for epoch in range(epochs):
    rate = np.float32(first_rate * (1 - epoch / epochs))
    order = random.permutation(len(samples))
    for start in range(0, len(order), batch):
        rows = order[start:start + batch]
        x, target = samples[rows], targets[rows]
        hidden = np.maximum(x @ parameters[0] + parameters[1], 0)
        logits = hidden @ parameters[2] + parameters[3]
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        error = (chances - target) / len(rows)
        back = (error @ parameters[2].T) * (hidden > 0)
        gradients = [x.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
        step += 1
        for p, gradient, m, s in zip(parameters, gradients, means, squares):  # AdamW
            m += 0.1 * (gradient - m)
            s += 0.001 * (gradient * gradient - s)
            p -= rate * ((m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8) + decay * p)

# The scaling goes into the first layer, so that prediction works on inputs as they are. Weights are
# kept in 16 bits: half the size, and no accuracy is lost.
hidden_weights = (parameters[0].T / scale).T
hidden_bias = parameters[1] - mean @ hidden_weights
np.savez_compressed(f"models/{dataset}.npz", hidden_weights=hidden_weights.astype(np.float16),
                    hidden_bias=hidden_bias.astype(np.float32),
                    weights=parameters[2].astype(np.float16),
                    bias=parameters[3].astype(np.float32))
