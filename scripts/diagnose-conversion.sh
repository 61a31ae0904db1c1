#!/usr/bin/env bash
# The five conversion invariants (I-1 to I-5) of a model file or folder: diagnose-conversion.sh MODEL.
set -euo pipefail
if [ $# -lt 1 ]; then
  echo "usage: $0 MODEL [options of apr-qa validate-contract]" >&2
  exit 2
fi
program=apr-qa
here="$(cd "$(dirname "$0")/.." && pwd)"
if [ -x "$here/.venv/bin/apr-qa" ]; then program="$here/.venv/bin/apr-qa"; fi
exec "$program" validate-contract "$@"
