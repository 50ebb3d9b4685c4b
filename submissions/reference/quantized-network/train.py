"""Quantizes the network of ../neural-network to 8 bits: python3 train.py PUBLIC DATASET

PUBLIC holds inputs.npy of the public part, which tells how large activations get. The result is
models/DATASET.npy, one array of 32-bit words that predict.cpp reads in this order: elements, units,
classes; hidden weights, scales and biases; output weights, scales and biases.
"""
import sys

import numpy as np

folder, dataset = sys.argv[1:]
model = np.load(f"../neural-network/models/{dataset}.npz")
inputs = np.load(f"{folder}/inputs.npy")
samples = inputs.reshape(len(inputs), -1).astype(np.float32)


def quantized(weights):
    """Each unit's weights as whole numbers from -127 to 127, and what one of them is worth."""
    scale = np.abs(weights).max(axis=0) / 127
    return np.rint(weights / scale).astype(np.int32), scale.astype(np.float32)


hidden, hidden_scale = quantized(model["hidden_weights"].astype(np.float32))
outputs, output_scale = quantized(model["weights"].astype(np.float32))
activations = np.maximum(samples @ (hidden * hidden_scale) + model["hidden_bias"], 0)
step = np.float32(np.percentile(activations, 99.9) / 255)  # rare larger ones are cut off
# predict.cpp rounds hidden activations to 0..255: the step goes into both layers' scales.
words = [np.array([*hidden.shape, outputs.shape[1]], np.int32), hidden.T, hidden_scale / step,
         model["hidden_bias"] / step, outputs.T, output_scale * step, model["bias"]]
np.save(f"models/{dataset}.npy", np.concatenate([
    np.ascontiguousarray(w if w.dtype == np.int32 else w.astype(np.float32)).reshape(-1).view(np.int32)
    for w in words]))
