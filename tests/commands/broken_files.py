"""Copies of the shipped models with faults of the mutators room planted in them."""

from __future__ import annotations

import shutil

from command_line import ROOT

from apr_qa.rooms import furnish
from apr_qa.vocab.mutators import Mutator, Place

SEED = 5


def copy_of(model, folder):
    """A copy of a shipped model with one GGUF file, that may be destroyed."""
    shutil.copytree(ROOT / "models" / model, folder)
    (folder / "gguf" / "model-q8_0.gguf").unlink()
    return folder


def plant(fault, folder, place=Place.GGUF):
    """Plant `fault` in the copy and return what was changed."""
    (mutator,) = (found for found in furnish("apr_qa.mutators", Mutator) if found.name == fault)
    return mutator.apply(folder, place, SEED)
