"""A program with the command line of `apr`, around the reference engine, that misbehaves in one chosen way.

The judge is tried with it: what an engine may do wrong is done here on purpose. Never used to certify anything.
"""
