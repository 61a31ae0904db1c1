"""Fuzzes one parser in this process; started by run_fuzz.py: `fuzz_one.py PARSER [options of libFuzzer] CORPUS`."""

from __future__ import annotations

import sys

import atheris
from fuzz_target import INSTRUMENTED, target


def main(name: str, options: list[str]) -> None:
    """Run until the executions are spent, or a parser breaks its contract."""
    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        found = target(name)
        found.accepts(found.seeds[0])  # brings in what is imported late
    atheris.Setup([sys.argv[0], *options], found.accepts, enable_python_coverage=True)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
