#!/usr/bin/env bash
# Tests of parity with a real Ollama. One that is on the PATH is taken; else it is built once, outside the tree.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v0.5.7 # the last whose module archive holds all of its C++ headers, so that `go install` can build it
root=${OLLAMA_ROOT:-$HOME/.local/ollama}

if ! command -v ollama >/dev/null && [ ! -x "$root/bin/ollama" ]; then
  for tool in go gcc g++; do
    command -v "$tool" >/dev/null || { echo "test-ollama: $tool is missing, and there is no ollama on the PATH" >&2; exit 2; }
  done
  echo "Building Ollama $version into $root (some minutes, once) ..."
  CGO_ENABLED=1 GOBIN="$root/bin" go install "github.com/ollama/ollama@$version"
fi
PATH="$root/bin:$PATH" .venv/bin/python -m pytest -q -m ollama tests/ollama "$@"
