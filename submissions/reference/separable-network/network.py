"""The network that train.py trains and predict.py runs: few weights, most of them used at every pixel."""
from torch import nn


def separable(inputs, outputs, stride):
    """A 3x3 filter for each channel, then a mixture of the channels at each pixel (Howard et al. 2017, MobileNets)."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, padding=1, groups=inputs, bias=False), nn.BatchNorm2d(inputs), nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def make_network(classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 24, 3, 2, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(),
        separable(24, 48, 1), separable(48, 64, 2), separable(64, 96, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(96, classes))
