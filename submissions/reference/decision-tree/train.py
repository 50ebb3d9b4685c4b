"""Trains the tree from the public part: python3 train.py inputs.npy labels.npy models/digits.txt"""
import sys

import numpy as np
from sklearn.tree import DecisionTreeClassifier

inputs = np.load(sys.argv[1])
labels = np.load(sys.argv[2])
model = DecisionTreeClassifier(random_state=0).fit(inputs.reshape(len(inputs), -1), labels)

tree = model.tree_
with open(sys.argv[3], "w") as file:
    for node in range(tree.node_count):
        if tree.children_left[node] < 0:  # a leaf: its class stands in place of the left child
            print(-1, 0, model.classes_[tree.value[node].argmax()], 0, file=file)
        else:
            print(tree.feature[node], tree.threshold[node], tree.children_left[node],
                  tree.children_right[node], file=file)
