"""Trains from the public part: python3 train.py PUBLIC DATASET

PUBLIC holds inputs.npy and labels.npy, as `joulebench dataset export DATASET PUBLIC` writes them. Two
convolutions of 5x5 with stride 2, a dense layer, a dense layer of classes, in plain NumPy. Digits are
moved by up to a pixel in each epoch. The result is models/DATASET.*.npy.
"""
import sys

import numpy as np

CHANNELS, UNITS, BATCH, RATE, DECAY = (16, 48), 64, 100, 2e-3, 1e-2
SIZE = 5
EPOCHS = {"mnist": 5}
MOVED = {"mnist": True}  # digits may stand anywhere

folder, dataset = sys.argv[1:]
pictures = np.load(f"{folder}/inputs.npy")
labels = np.load(f"{folder}/labels.npy")
classes = labels.max() + 1
mean, scale = np.float32(pictures.mean()), np.float32(pictures.std())
padded = np.pad(pictures, ((0, 0), (1, 1), (1, 1)))
random = np.random.default_rng(0)


def patches(images):
    """(n, height, width, channels) to (n, rows, columns, 5 x 5 x channels): what each output sees."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (SIZE, SIZE), axis=(1, 2))[:, ::2, ::2]
    windows = windows.transpose(0, 1, 2, 4, 5, 3)
    return windows.reshape(*windows.shape[:3], -1)


def convolve_back(error, kernel, shape):
    """The gradient of an image from that of its patches."""
    back = (error @ kernel.T).reshape(*error.shape[:3], SIZE, SIZE, -1)
    image = np.zeros(shape, np.float32)
    for y in range(SIZE):
        for x in range(SIZE):
            image[:, y:y + 2 * error.shape[1]:2, x:x + 2 * error.shape[2]:2] += back[:, :, :, y, x]
    return image


inputs_of = [SIZE * SIZE, SIZE * SIZE * CHANNELS[0], 4 * 4 * CHANNELS[1], UNITS]
outputs_of = [*CHANNELS, UNITS, classes]
weights = [random.normal(0, np.sqrt(2 / i), (i, o)).astype(np.float32)
           for i, o in zip(inputs_of, outputs_of)]
biases = [np.zeros(o, np.float32) for o in outputs_of]
parameters = [*weights, *biases]
means = [np.zeros_like(p) for p in parameters]
squares = [np.zeros_like(p) for p in parameters]
step = 0
epochs = EPOCHS[dataset]
for epoch in range(epochs):
    rate = np.float32(RATE * (1 - epoch / epochs))
    order = random.permutation(len(pictures))
    for start in range(0, len(order), BATCH):
        rows = order[start:start + BATCH]
        y, x = random.integers(0, 3, 2) if MOVED[dataset] else (1, 1)
        images = padded[rows, y:y + 28, x:x + 28]
        images = ((images - mean) / scale).astype(np.float32)[..., None]
        seen1 = patches(images)
        first = np.maximum(seen1 @ weights[0] + biases[0], 0)
        seen2 = patches(first)
        second = np.maximum(seen2 @ weights[1] + biases[1], 0)
        flat = second.reshape(len(rows), -1)
        hidden = np.maximum(flat @ weights[2] + biases[2], 0)
        kept = (random.random(hidden.shape) < 0.8) / np.float32(0.8)  # dropout
        hidden = hidden * kept.astype(np.float32)
        logits = hidden @ weights[3] + biases[3]
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        chances[np.arange(len(rows)), labels[rows]] -= 1
        error3 = chances / np.float32(len(rows))
        error2 = (error3 @ weights[3].T) * (hidden > 0) * np.float32(1 / 0.8)
        error1 = (error2 @ weights[2].T * (flat > 0)).reshape(second.shape)
        error0 = convolve_back(error1, weights[1], first.shape) * (first > 0)
        gradients = [np.tensordot(seen1, error0, ((0, 1, 2), (0, 1, 2))),
                     np.tensordot(seen2, error1, ((0, 1, 2), (0, 1, 2))),
                     flat.T @ error2, hidden.T @ error3, error0.sum(axis=(0, 1, 2)),
                     error1.sum(axis=(0, 1, 2)), error2.sum(axis=0), error3.sum(axis=0)]
        step += 1
        for p, gradient, m, s in zip(parameters, gradients, means, squares):  # AdamW
            m += 0.1 * (gradient - m)
            s += 0.001 * (gradient * gradient - s)
            p -= rate * ((m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8) + DECAY * p)
    print(f"epoch {epoch + 1} of {epochs}", flush=True)

# Standardization goes into the first layer; biases stand as the last row of each matrix.
biases[0] -= mean / scale * weights[0].sum(axis=0)
weights[0] /= scale
for layer in range(4):
    np.save(f"models/{dataset}.layer{layer}.npy", np.vstack([weights[layer], biases[layer]]).astype(np.float32))
