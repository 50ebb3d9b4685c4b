"""Trains from the public part: python3 train.py PUBLIC DATASET

PUBLIC holds inputs.npy and labels.npy, as `joulebench dataset export DATASET PUBLIC` writes them. The
result is models/DATASET.npz.
"""
import sys

import numpy as np

# The number that each class stands for: `class_values` of the dataset's manifest.
VALUES = {"wine-quality": np.arange(3, 10)}
RIDGE = 10.0  # chosen by five-fold cross-validation on the public part
CLIP = 5.0    # measurements farther out are taken as so far: squares would carry them away

folder, dataset = sys.argv[1:]
inputs = np.load(f"{folder}/inputs.npy").astype(np.float64)
targets = VALUES[dataset][np.load(f"{folder}/labels.npy")].astype(np.float64)
samples = inputs.reshape(len(inputs), -1)
mean, scale = samples.mean(axis=0), samples.std(axis=0) + 1e-9
rows, columns = np.triu_indices(len(mean))
samples = np.clip((samples - mean) / scale, -CLIP, CLIP)
terms = np.hstack([samples, samples[:, rows] * samples[:, columns]])
centre = terms.mean(axis=0)
terms = terms - centre
weights = np.linalg.solve(terms.T @ terms + RIDGE * np.eye(terms.shape[1]),
                          terms.T @ (targets - targets.mean()))
np.savez_compressed(f"models/{dataset}.npz", mean=mean.astype(np.float32), scale=scale.astype(np.float32),
                    weights=weights.astype(np.float32),
                    bias=np.float32(targets.mean() - centre @ weights))
