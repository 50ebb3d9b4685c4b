"""Trains from the public part: /usr/bin/python3 train.py PUBLIC DATASET      (Debian's python3-torch)

PUBLIC holds inputs.npy and labels.npy, as `joulebench dataset export DATASET PUBLIC` writes them. Pictures
are moved by up to two pixels, clothes also mirrored. The result is models/DATASET.npz.
"""
import sys

import numpy as np
import torch
from torch import nn

from network import make_network

BATCH, RATE, DECAY = 100, 4e-3, 2e-2
EPOCHS = {"mnist": 6, "fashion-mnist": 20}
MIRRORED = {"mnist": False, "fashion-mnist": True}  # a digit is not its mirror's

folder, dataset = sys.argv[1:]
pictures = torch.from_numpy(np.load(f"{folder}/inputs.npy"))
labels = torch.from_numpy(np.load(f"{folder}/labels.npy").astype(np.int64))
padded = nn.functional.pad(pictures, (2, 2, 2, 2))

torch.manual_seed(0)
network = make_network(int(labels.max()) + 1)
steps = EPOCHS[dataset] * (len(labels) // BATCH)
optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.2)
for epoch in range(EPOCHS[dataset]):
    for rows in torch.randperm(len(labels)).split(BATCH):
        y, x = torch.randint(0, 5, (2,)).tolist()
        images = padded[rows, y:y + 28, x:x + 28].unsqueeze(1)
        if MIRRORED[dataset]:
            turned = torch.rand(len(rows)) < 0.5
            images[turned] = images[turned].flip(3)
        loss = nn.functional.cross_entropy(network(images / 255), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    print(f"epoch {epoch + 1} of {EPOCHS[dataset]}, loss {loss.item():.3f}", flush=True)

np.savez(f"models/{dataset}.npz", **{name: value.numpy() for name, value in network.state_dict().items()})
