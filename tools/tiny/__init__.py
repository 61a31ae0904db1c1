"""Makes the truly trained tiny models of ``models/``: data, tokeniser, training, GGUF, measurement."""
