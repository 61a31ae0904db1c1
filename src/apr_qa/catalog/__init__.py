"""Tiers, known models and prompts as data files, each with a thin reader."""
