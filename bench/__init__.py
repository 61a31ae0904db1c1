"""Measurements of our own cost: ``python -m bench``. Nothing here is an assertion."""
