"""Analyses thousands of videos with many processes or machines: ``python -m emotion batch``, see docs/batch.md.

``inputs`` lists the videos, ``settings`` says how to analyse them, ``work`` analyses one, ``pool`` and ``on_ray`` run
the workers, ``results`` keeps one row per video, and ``run`` puts these together.
"""
