"""A model's card for people: what it is, what it learned from, how well it does, where it fails, when not to use it.

Every figure and every named weakness is read from ``card.json``, ``evaluation.json`` and facts of data sets; nothing is
written by hand but what holds for any model of expressions.

- :mod:`emotion.evaluation.cards.content`: the sections
- :mod:`emotion.evaluation.cards.overview`: the test sets beside each other
- :mod:`emotion.evaluation.cards.sources`: the data sets that models learn from, and their terms
- :mod:`emotion.evaluation.cards.origin`: those of what it learned from
- :mod:`emotion.evaluation.cards.weaknesses`: what the figures warn of
- :mod:`emotion.evaluation.cards.render`: as Markdown and as HTML
"""
