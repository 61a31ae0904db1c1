"""The order of the stages, and nothing else: the only package that knows them all."""
