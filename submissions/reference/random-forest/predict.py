"""Predicts with the forest that train.py made."""
import joblib
import numpy as np

import joulebench

forest = joblib.load("forest.joblib")


def predict(inputs):
    if len(inputs) == 0:
        return np.zeros(0, np.int32)
    return forest.predict(inputs.reshape(len(inputs), -1))


joulebench.serve(predict)
