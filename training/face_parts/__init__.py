"""Face parts: masks and points, trained on facial-keypoints data.

``masks`` draws masks from points, ``examples`` augments faces together with their points, ``tasks`` defines targets,
loss and scores of each network, ``train`` trains, ``export`` writes the int8 file, and ``evaluate`` scores it.
"""
