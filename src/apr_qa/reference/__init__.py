"""The reference engine: a small float32 forward pass in numpy over our own readers, for families declared as data.

It is the judge's own eye: it refuses what it does not know (a model type, a rope type, a tensor, a config key that
changes the sums) and never guesses. Goldens made with transformers hold it to 2e-5 in log-probability.
"""

from apr_qa.reference.model import Model
from apr_qa.reference.record import UnsupportedModel

__all__ = ["Model", "UnsupportedModel"]
