"""Playbooks: read strictly from YAML, or composed from a model and a tier."""
