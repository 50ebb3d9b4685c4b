"""Trains from the public part: python3 train.py inputs.npy labels.npy models/digits.npz"""
import sys

import numpy as np

HIDDEN, EPOCHS, BATCH, RATE, DECAY = 32, 100, 32, 2e-3, 1e-4

inputs = np.load(sys.argv[1])
labels = np.load(sys.argv[2])
samples = inputs.reshape(len(inputs), -1).astype(np.float64)
mean, scale = samples.mean(axis=0), samples.std() + 1e-9
samples = (samples - mean) / scale
targets = np.eye(labels.max() + 1)[labels]

random = np.random.default_rng(0)
elements, classes = samples.shape[1], targets.shape[1]
parameters = [random.normal(0, np.sqrt(2 / elements), (elements, HIDDEN)), np.zeros(HIDDEN),
              random.normal(0, np.sqrt(2 / HIDDEN), (HIDDEN, classes)), np.zeros(classes)]
means = [np.zeros_like(p) for p in parameters]
squares = [np.zeros_like(p) for p in parameters]
step = 0
for epoch in range(EPOCHS):
    rate = RATE * (1 - epoch / EPOCHS)
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
        gradients = [x.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
        step += 1
        for p, gradient, m, s in zip(parameters, gradients, means, squares):  # Adam
            m += 0.1 * (gradient - m)
            s += 0.001 * (gradient * gradient - s)
            p -= rate * ((m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8) + DECAY * p)

# The scaling goes into the first layer, so that prediction works on inputs as they are.
hidden_weights = parameters[0] / scale
hidden_bias = parameters[1] - mean @ hidden_weights
np.savez(sys.argv[3], hidden_weights=hidden_weights.astype(np.float32),
         hidden_bias=hidden_bias.astype(np.float32), weights=parameters[2].astype(np.float32),
         bias=parameters[3].astype(np.float32))
