#!/usr/bin/env bash
# Renews requirements/*.txt: every package with its hashes, and no address of any registry.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() {
  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url "$@"
}
lock pyproject.toml --group build -o requirements/run.txt
lock pyproject.toml --group build --group test -c requirements/run.txt -o requirements/test.txt
lock pyproject.toml --group build --group test --group lint --group browser -c requirements/test.txt -o requirements/dev.txt
lock pyproject.toml --group build --group docs -c requirements/run.txt -o requirements/docs.txt
lock pyproject.toml --group build --group test --group reliability -c requirements/test.txt -o requirements/reliability.txt
lock pyproject.toml --extra ray --group build --group test -c requirements/test.txt -o requirements/ray.txt
if grep -n "://" requirements/*.txt; then
  echo "a lock names an address" >&2
  exit 1
fi
