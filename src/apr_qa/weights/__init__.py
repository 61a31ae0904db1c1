"""Strict, memory-mapped readers of SafeTensors, GGUF and APR v2: they see hostile files before any engine does.

Everything a file says about itself is checked before it is used; what cannot be true is `MalformedWeights`, which
callers turn into a verdict. Tensors are read one at a time as float32. This package knows nothing of apr_qa.
"""

from apr_qa.weights.opening import open_weights, read_header
from apr_qa.weights.record import Header, MalformedWeights, TensorInfo, Weights

__all__ = ["Header", "MalformedWeights", "TensorInfo", "Weights", "open_weights", "read_header"]
