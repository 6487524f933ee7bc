"""Decodes pictures and videos as displayed: upright, 8-bit, with the right times."""
