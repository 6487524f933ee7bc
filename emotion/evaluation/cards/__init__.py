"""Model cards: facts, training data, scores, weaknesses and when not to use a model.

Figures and weaknesses are computed from ``card.json``, ``evaluation.json`` and facts of data sets. Only statements that
hold for any model of expressions are written by hand.

- :mod:`emotion.evaluation.cards.content`: the sections
- :mod:`emotion.evaluation.cards.overview`: scores on all test sets
- :mod:`emotion.evaluation.cards.sources`: training data sets and their terms
- :mod:`emotion.evaluation.cards.origin`: training, leaked test faces and provenance
- :mod:`emotion.evaluation.cards.weaknesses`: warnings from the figures
- :mod:`emotion.evaluation.cards.render`: Markdown and HTML
"""
