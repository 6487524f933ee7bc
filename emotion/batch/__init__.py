"""Thousands of videos analysed by many processes or machines: ``python -m emotion batch``, described in docs/batch.md.

``inputs`` says which videos, ``settings`` how they are analysed, ``work`` does one, ``pool`` or ``on_ray`` does all of
them, ``results`` keeps a row of each, and ``run`` composes these.
"""
