"""Learns a decision tree with scikit-learn; on measurements a shallow one, since those are noisy."""
import os

import joblib
from sklearn.tree import DecisionTreeClassifier

import joulebench

tree = None
if "JOULEBENCH_MODEL" in os.environ:
    tree = joblib.load(os.environ["JOULEBENCH_MODEL"] + "/tree.joblib")


def predict(inputs):
    return tree.predict(inputs.reshape(len(inputs), -1))


def train(data):
    depth = 5 if data.inputs.dtype.kind == "f" else None
    learned = DecisionTreeClassifier(max_depth=depth, random_state=data.seed % 2**32)
    learned.fit(data.inputs.reshape(len(data.inputs), -1), data.labels)
    joblib.dump(learned, data.model + "/tree.joblib")


joulebench.serve(predict, train)
