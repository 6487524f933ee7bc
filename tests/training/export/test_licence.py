"""The terms of a model's weights."""

from __future__ import annotations

from training.export.licence import LICENCE, licence_of


def test_only_models_of_fer2013_name_its_terms():
    assert licence_of({"heads": {"ferplus": [], "fer2013-anger-neutral": []}}) == LICENCE
    assert licence_of({}) == LICENCE  # early runs, which learned FER+
    for name, title in (("my_faces", "my_faces"), ("affectnet", "AffectNet"), ("rafdb-anger-fear", "RAF-DB")):
        terms = licence_of({"heads": {name: []}})
        assert f"on {title};" in terms
        assert "FER" not in terms
