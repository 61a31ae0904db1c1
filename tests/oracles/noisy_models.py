"""Asks the shipped tiny models with noise in their weights, and keeps what they say: `python tests/oracles/noisy_models.py`."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np

from apr_qa.hosting import Request
from apr_qa.reference.host import ReferenceHost
from apr_qa.weights import open_weights

ROOT = Path(__file__).resolve().parents[2]
