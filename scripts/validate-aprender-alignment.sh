#!/usr/bin/env bash
# Compares our model families with those of an installed apr-cli crate, and prints every difference.
#   scripts/validate-aprender-alignment.sh [contracts/model-families]
# Without a path the newest apr-cli in the cargo registry is taken. Exit 1: a difference that nobody has explained.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
path=${1:-}
if [[ -z $path ]]; then
  path=$(find "${CARGO_HOME:-$HOME/.cargo}/registry/src" -maxdepth 4 -type d \
    -path '*/apr-cli-*/contracts/model-families' 2>/dev/null | sort -V | tail -n 1)
fi
if [[ -z $path || ! -d $path ]]; then
  echo "no apr-cli crate found: run 'cargo fetch' for it, or name its contracts/model-families folder" >&2
  exit 2
fi
python=$root/.venv/bin/python
[[ -x $python ]] || python=python3
exec "$python" "$root/tools/align_families.py" "$path"
