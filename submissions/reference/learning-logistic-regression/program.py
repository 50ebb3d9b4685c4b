"""Learns a multinomial logistic regression by gradient descent with momentum; a checkpoint an epoch."""
import os

import numpy as np

import joulebench

# Epochs, batches in each, rate, weight decay; scale "one" divides all elements by one number (of pixels,
# all alike), "each" every element by its own (measurements in different units). An epoch of a single
# batch is repeated ten times for each checkpoint.
SETTINGS = {"digits": (40, 1, 0.5, 1e-3, "one"), "wine-quality": (60, 1, 0.5, 1e-4, "each"),
            "mushroom": (40, 1, 0.5, 1e-5, "one"), "mnist": (15, 600, 0.005, 1e-4, "one"),
            "fashion-mnist": (15, 600, 0.003, 1e-4, "one")}
MOMENTUM = 0.9

model = {}
if "JOULEBENCH_MODEL" in os.environ:
    model = dict(np.load(os.environ["JOULEBENCH_MODEL"] + "/model.npz"))


def flat(inputs):
    return inputs.reshape(len(inputs), -1).astype(np.float32)


def predict(inputs):
    return ((flat(inputs) - model["mean"]) / model["scale"] @ model["weights"] + model["bias"]).argmax(axis=1)


def train(data):
    epochs, batches, rate, decay, scaling = SETTINGS[os.environ["JOULEBENCH_DATASET"]]
    samples = flat(data.inputs)
    mean, scale = samples.mean(axis=0), samples.std(axis=0 if scaling == "each" else None) + 1e-9
    samples = (samples - mean) / scale
    targets = np.eye(data.labels.max() + 1, dtype=np.float32)[data.labels]
    weights = np.zeros((samples.shape[1], targets.shape[1]), np.float32)
    bias = np.zeros(targets.shape[1], np.float32)
    weights_speed, bias_speed = np.zeros_like(weights), np.zeros_like(bias)
    model.update(mean=mean, scale=scale, weights=weights, bias=bias)
    random = np.random.default_rng(data.seed)
    for epoch in range(epochs):
        joulebench.phase(f"epoch {epoch + 1}")
        if batches == 1:
            parts, step = [np.arange(len(samples))] * 10, rate
        else:
            parts, step = np.array_split(random.permutation(len(samples)), batches), rate * (1 - epoch / epochs)
        for rows in parts:
            batch = samples[rows]
            logits = batch @ weights + bias
            chances = np.exp(logits - logits.max(axis=1, keepdims=True))
            chances /= chances.sum(axis=1, keepdims=True)
            error = (chances - targets[rows]) / np.float32(len(rows))
            weights_speed *= MOMENTUM
            weights_speed -= step * (batch.T @ error + decay * weights)
            bias_speed *= MOMENTUM
            bias_speed -= step * error.sum(axis=0)
            weights += weights_speed
            bias += bias_speed
        if data.validation is not None:
            joulebench.checkpoint(predict(data.validation))
    np.savez(f"{data.model}/model.npz", **model)


joulebench.serve(predict, train)
