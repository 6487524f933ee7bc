"""The training room: data sets, networks, training, export and evaluation. The only room that imports TensorFlow."""
