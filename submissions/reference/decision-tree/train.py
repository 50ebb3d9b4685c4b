"""Trains the tree from the public part: python3 train.py PUBLIC DATASET

PUBLIC holds inputs.npy and labels.npy, as `joulebench dataset export DATASET PUBLIC` writes them. The
result is models/DATASET.txt.
"""
import sys

import numpy as np
from sklearn.tree import DecisionTreeClassifier

# Wine is noisy: a tree that grows until its leaves are pure learns the noise. The others may.
DEPTH = {"wine-quality": 5}

folder, dataset = sys.argv[1:]
inputs = np.load(f"{folder}/inputs.npy")
labels = np.load(f"{folder}/labels.npy")
model = DecisionTreeClassifier(max_depth=DEPTH.get(dataset), random_state=0)
model.fit(inputs.reshape(len(inputs), -1), labels)

tree = model.tree_
with open(f"models/{dataset}.txt", "w") as file:
    for node in range(tree.node_count):
        if tree.children_left[node] < 0:  # a leaf: its class stands in place of the left child
            print(-1, 0, model.classes_[tree.value[node].argmax()], 0, file=file)
        else:
            print(tree.feature[node], f"{tree.threshold[node]:.9g}", tree.children_left[node],
                  tree.children_right[node], file=file)
