"""Trains from the public part: /usr/bin/python3 train.py PUBLIC DATASET      (Debian's python3-torch)

PUBLIC holds inputs.npy and labels.npy, as `joulebench dataset export DATASET PUBLIC` writes them. Two
convolutions of 5x5 with stride 2, a dense layer, a dense layer of classes. Pictures are moved by up to a
pixel, clothes also mirrored. The result is models/DATASET.layerN.npy.
"""
import sys

import numpy as np
import torch
from torch import nn

CHANNELS, UNITS, BATCH, RATE, DECAY = (16, 48), 64, 100, 2e-3, 1e-2
EPOCHS = {"mnist": 8, "fashion-mnist": 24}
MIRRORED = {"mnist": False, "fashion-mnist": True}  # a digit is not its mirror's

folder, dataset = sys.argv[1:]
pictures = torch.from_numpy(np.load(f"{folder}/inputs.npy"))
labels = torch.from_numpy(np.load(f"{folder}/labels.npy").astype(np.int64))
mean, scale = float(pictures.float().mean()), float(pictures.float().std())
padded = nn.functional.pad(pictures, (1, 1, 1, 1))

torch.manual_seed(0)
network = nn.Sequential(
    nn.Conv2d(1, CHANNELS[0], 5, stride=2), nn.ReLU(), nn.Conv2d(*CHANNELS, 5, stride=2), nn.ReLU(), nn.Flatten(),
    nn.Linear(16 * CHANNELS[1], UNITS), nn.ReLU(), nn.Dropout(0.2), nn.Linear(UNITS, int(labels.max()) + 1))
steps = EPOCHS[dataset] * (len(labels) // BATCH)
optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
for epoch in range(EPOCHS[dataset]):
    for rows in torch.randperm(len(labels)).split(BATCH):
        y, x = torch.randint(0, 3, (2,)).tolist()
        images = padded[rows, y:y + 28, x:x + 28].unsqueeze(1)
        if MIRRORED[dataset]:
            turned = torch.rand(len(rows)) < 0.5
            images[turned] = images[turned].flip(3)
        loss = nn.functional.cross_entropy(network((images - mean) / scale), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    print(f"epoch {epoch + 1} of {EPOCHS[dataset]}, loss {loss.item():.3f}", flush=True)

# As predict.cpp multiplies: what an output sees by rows, line, column and channel; the bias is the last
# row. Standardization goes into the first layer.
weights, biases = [], []
for layer in network:
    if isinstance(layer, nn.Conv2d):
        weights.append(layer.weight.permute(2, 3, 1, 0).reshape(-1, layer.out_channels))
    elif isinstance(layer, nn.Linear):
        weight = layer.weight
        if layer.in_features == 16 * CHANNELS[1]:
            weight = weight.reshape(UNITS, CHANNELS[1], 4, 4).permute(0, 2, 3, 1).reshape(UNITS, -1)
        weights.append(weight.T)
    if hasattr(layer, "bias"):
        biases.append(layer.bias.clone())
biases[0] -= mean / scale * weights[0].sum(dim=0)
weights[0] = weights[0] / scale
for number, (weight, bias) in enumerate(zip(weights, biases)):
    np.save(f"models/{dataset}.layer{number}.npy", torch.vstack([weight, bias]).detach().numpy())
