"""Where the parts of a face are: masks and points learned from facial-keypoints data.

``masks`` makes targets out of points, ``examples`` varies faces together with their points,
``tasks`` says for each network what it learns and how it is scored, ``train`` learns,
``export`` makes the small file that the app runs, and ``evaluate`` scores that file.
"""
