"""YAML as people write it: short collections on one line, lists indented, keys in the order given."""

from __future__ import annotations

from typing import Any

import yaml


def yaml_text(value: Any) -> str:
    """Return JSON values as YAML text."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=116))


class _Dumper(yaml.SafeDumper):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "default_flow_style": None})

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Say everything in full."""
        return True
