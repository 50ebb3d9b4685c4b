"""Trains from the public part: python3 train.py inputs.npy labels.npy models/digits.npz"""
import sys

import numpy as np

STEPS, RATE, MOMENTUM, DECAY = 1000, 0.5, 0.9, 1e-3

inputs = np.load(sys.argv[1])
labels = np.load(sys.argv[2])
samples = inputs.reshape(len(inputs), -1).astype(np.float64)
mean, scale = samples.mean(axis=0), samples.std() + 1e-9
samples = (samples - mean) / scale
targets = np.eye(labels.max() + 1)[labels]

weights = np.zeros((samples.shape[1], targets.shape[1]))
bias = np.zeros(targets.shape[1])
weights_speed, bias_speed = np.zeros_like(weights), np.zeros_like(bias)
for step in range(STEPS):  # gradient descent with momentum on all samples at once
    logits = samples @ weights + bias
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    error = (chances - targets) / len(samples)
    weights_speed = MOMENTUM * weights_speed - RATE * (samples.T @ error + DECAY * weights)
    bias_speed = MOMENTUM * bias_speed - RATE * error.sum(axis=0)
    weights += weights_speed
    bias += bias_speed

# The scaling goes into the weights, so that prediction works on inputs as they are.
weights /= scale
bias -= mean @ weights
np.savez(sys.argv[3], weights=weights.astype(np.float32), bias=bias.astype(np.float32))
