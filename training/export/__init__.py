"""From a trained network to the files that ship: int8 LiteRT, Keras pairs, SavedModel."""
