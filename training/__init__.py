"""Data sets, networks, training, export and evaluation. Only this package imports TensorFlow."""
