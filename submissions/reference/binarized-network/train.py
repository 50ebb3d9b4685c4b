"""Trains a network of bits from the public part: python3 train.py PUBLIC DATASET

PUBLIC holds inputs.npy and labels.npy. Weights and activations of the two hidden layers are -1 or 1;
gradients go through the rounding as if it were not there (Hubara and others: Binarized Neural Networks,
NIPS 2016). The result is models/DATASET.*.npy.
"""
import sys

import numpy as np

UNITS, EPOCHS, BATCH, RATE = 256, 8, 128, 2e-3
# A pixel above this is a 1; clothes have fine shades, so they give two bits a pixel.
LEVELS = {"mnist": (127,), "fashion-mnist": (31, 127)}

folder, dataset = sys.argv[1:]
inputs = np.load(f"{folder}/inputs.npy")
labels = np.load(f"{folder}/labels.npy")
flat = inputs.reshape(len(inputs), -1)
bits = np.concatenate([flat > level for level in LEVELS[dataset]], axis=1)
classes = labels.max() + 1
random = np.random.default_rng(0)


def sign(values):
    return np.where(values >= 0, np.float32(1), np.float32(-1))


sizes = [bits.shape[1], UNITS, UNITS, classes]
weights = [random.uniform(-1, 1, (a, b)).astype(np.float32) for a, b in zip(sizes, sizes[1:])]
gains = [np.ones(b, np.float32) for b in sizes[1:]]
biases = [np.zeros(b, np.float32) for b in sizes[1:]]
running_mean = [np.zeros(b, np.float32) for b in sizes[1:]]
running_variance = [np.ones(b, np.float32) for b in sizes[1:]]
parameters = [*weights, *gains, *biases]
means = [np.zeros_like(p) for p in parameters]
squares = [np.zeros_like(p) for p in parameters]
step = 0
for epoch in range(EPOCHS):
    rate = np.float32(RATE * (1 - epoch / EPOCHS))
    order = random.permutation(len(bits))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        rows = order[start:start + BATCH]
        activation = np.where(bits[rows], np.float32(1), np.float32(-1))
        trace = []
        for layer in range(3):
            binary = sign(weights[layer])
            sums = activation @ binary
            mean, variance = sums.mean(axis=0), sums.var(axis=0) + 1e-3
            normal = (sums - mean) / np.sqrt(variance)  # batch normalization
            output = normal * gains[layer] + biases[layer]
            running_mean[layer] += 0.05 * (mean - running_mean[layer])
            running_variance[layer] += 0.05 * (variance - running_variance[layer])
            trace.append((activation, binary, normal, variance, output))
            activation = sign(output)
        logits = trace[2][4]
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        chances[np.arange(len(rows)), labels[rows]] -= 1
        error = chances / len(rows)
        gradients = [None] * 9
        for layer in (2, 1, 0):
            activation, binary, normal, variance, output = trace[layer]
            if layer < 2:
                error = error * (np.abs(output) <= 1)  # straight through, where not saturated
            gradients[3 + layer] = (error * normal).sum(axis=0)
            gradients[6 + layer] = error.sum(axis=0)
            error = error * gains[layer]
            error = (error - error.mean(axis=0) - normal * (error * normal).mean(axis=0)) / np.sqrt(variance)
            gradients[layer] = activation.T @ error
            error = error @ binary.T
        step += 1
        for p, gradient, m, s in zip(parameters, gradients, means, squares):  # Adam
            m += 0.1 * (gradient - m)
            s += 0.001 * (gradient * gradient - s)
            p -= rate * (m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8)
        for w in weights:
            np.clip(w, -1, 1, out=w)

# Of a hidden unit only the side of a threshold counts. With d of n bits different the sum is n - 2 d,
# so the unit is 1 for d up to some number, or from it on where its gain is negative: then its weights
# turn round, which makes it "up to" again.
for layer in range(3):
    deviation = np.sqrt(running_variance[layer])
    binary = weights[layer] >= 0
    n = len(binary)
    if layer < 2:
        threshold = running_mean[layer] - biases[layer] * deviation / gains[layer]  # of the sum
        turned = gains[layer] < 0
        binary = binary ^ turned
        threshold = np.where(turned, -threshold, threshold)
        most = np.floor((n - threshold) / 2)
        np.save(f"models/{dataset}.most{layer}.npy", np.clip(most, -1, n).astype(np.int32))
    else:
        slope = gains[layer] / deviation
        np.save(f"models/{dataset}.slope.npy", slope.astype(np.float32))
        np.save(f"models/{dataset}.bias.npy",
                (biases[layer] - running_mean[layer] * slope).astype(np.float32))
    padded = np.zeros((binary.shape[1], (n + 63) // 64 * 64), bool)
    padded[:, :n] = binary.T
    np.save(f"models/{dataset}.weights{layer}.npy", np.packbits(padded, axis=1, bitorder="little"))
np.save(f"models/{dataset}.levels.npy", np.array(LEVELS[dataset], np.uint8))
