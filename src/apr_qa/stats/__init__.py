"""Arithmetic of doubt: sequential tests, intervals, paired comparisons. Numbers in, numbers out."""
