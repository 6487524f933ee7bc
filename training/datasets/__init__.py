"""Readers of public data sets, one per format, all giving a :class:`~training.datasets.face_set.FaceSet`."""
