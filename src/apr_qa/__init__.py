"""Certify that a language model really works: every format, every backend, every way it is used.

The walk, stage by stage (`pipeline.py` is the only module that knows the order)::

    playbook -> plan -> run -> evidence -> score -> registry, reports

Records that travel between the stages live in `vocab`; engines, oracles, gates and reports are rooms in which one
file is one plug-in; `weights` reads model files; `hosting`, `reference` and `llama_host` are child programs.
"""

__version__ = "0.1.0"
