"""Where a model's files come from: a path, the model cache, or the Hub at a pinned revision."""
