"""Data sets, networks, training, export and evaluation. Only this package imports TensorFlow."""

import os

# TensorFlow reads this when it is imported. Without, it uses oneDNN only on CPUs with instructions for neural networks;
# on others, networks of depthwise convolutions take three times as long to train.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
