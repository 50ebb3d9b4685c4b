"""Learns a network of one hidden layer with AdamW, small batches and a falling rate; a checkpoint an epoch.

With AUGMENT=1 every picture is moved by up to one pixel, anew in each epoch.
"""
import os

import numpy as np

import joulebench

# Hidden units, epochs, samples in a batch, rate at the start, weight decay; scale "one" divides all
# elements by one number (of pixels, all alike), "each" every element by its own (measurements).
SETTINGS = {"digits": (32, 30, 32, 2e-3, 1e-4, "one"), "wine-quality": (16, 40, 32, 2e-3, 1e-2, "each"),
            "mushroom": (16, 10, 32, 2e-3, 0, "one"), "mnist": (128, 12, 64, 2e-3, 1e-2, "one"),
            "fashion-mnist": (128, 12, 64, 2e-3, 2e-2, "one")}
AUGMENT = os.environ.get("AUGMENT") == "1"

model = {}
if "JOULEBENCH_MODEL" in os.environ:
    model = dict(np.load(os.environ["JOULEBENCH_MODEL"] + "/model.npz"))


def scaled(inputs):
    return (inputs.reshape(len(inputs), -1).astype(np.float32) - model["mean"]) / model["scale"]


def predict(inputs):
    hidden = np.maximum(scaled(inputs) @ model["hidden_weights"] + model["hidden_bias"], 0)
    return (hidden @ model["weights"] + model["bias"]).argmax(axis=1)


def moved(pictures, random):
    """Each picture moved by -1, 0 or 1 pixel along both of its axes; what comes in is 0."""
    wide = np.pad(pictures, ((0, 0), (1, 1), (1, 1)))
    rows, columns = pictures.shape[1:]
    result = np.empty_like(pictures)
    choice = random.integers(9, size=len(pictures))
    for way in range(9):
        down, right = divmod(way, 3)
        result[choice == way] = wide[choice == way, down:down + rows, right:right + columns]
    return result


def train(data):
    units, epochs, batch, first_rate, decay, scaling = SETTINGS[os.environ["JOULEBENCH_DATASET"]]
    flat = data.inputs.reshape(len(data.inputs), -1).astype(np.float32)
    model.update(mean=flat.mean(axis=0), scale=flat.std(axis=0 if scaling == "each" else None) + 1e-9)
    samples = scaled(data.inputs)
    targets = np.eye(data.labels.max() + 1, dtype=np.float32)[data.labels]
    random = np.random.default_rng(data.seed)
    elements, classes = samples.shape[1], targets.shape[1]
    parameters = [random.normal(0, np.sqrt(2 / elements), (elements, units)), np.zeros(units),
                  random.normal(0, np.sqrt(2 / units), (units, classes)), np.zeros(classes)]
    parameters = [p.astype(np.float32) for p in parameters]
    model.update(zip(("hidden_weights", "hidden_bias", "weights", "bias"), parameters))
    means = [np.zeros_like(p) for p in parameters]
    squares = [np.zeros_like(p) for p in parameters]
    step = 0
    for epoch in range(epochs):
        joulebench.phase(f"epoch {epoch + 1}")
        rate = np.float32(first_rate * (1 - epoch / epochs))
        if AUGMENT and data.inputs.ndim == 3:
            samples = scaled(moved(data.inputs, random))
        order = random.permutation(len(samples))
        for start in range(0, len(order), batch):
            rows = order[start:start + batch]
            x = samples[rows]
            hidden = np.maximum(x @ parameters[0] + parameters[1], 0)
            logits = hidden @ parameters[2] + parameters[3]
            chances = np.exp(logits - logits.max(axis=1, keepdims=True))
            chances /= chances.sum(axis=1, keepdims=True)
            error = (chances - targets[rows]) / len(rows)
            back = (error @ parameters[2].T) * (hidden > 0)
            gradients = [x.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
            step += 1
            for p, gradient, m, s in zip(parameters, gradients, means, squares):  # AdamW
                m += 0.1 * (gradient - m)
                s += 0.001 * (gradient * gradient - s)
                p -= rate * ((m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8) + decay * p)
        if data.validation is not None:
            joulebench.checkpoint(predict(data.validation))
    np.savez(f"{data.model}/model.npz", **model)


joulebench.serve(predict, train)
