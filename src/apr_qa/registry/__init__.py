"""The registry: one record for each certification, and everything that is derived from the records."""
