"""Behaviour against truth: what a converted file makes of fixed texts, held against what its ground truth makes.

Ground truth is the reference engine on the SafeTensors files. *The file* is the same forward pass on the converted
file; *the engine* is what the engine on trial answers from that file. The two verdicts are kept apart.
"""
