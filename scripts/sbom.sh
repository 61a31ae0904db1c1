#!/usr/bin/env bash
# Writes the bill of materials (CycloneDX 1.6, JSON) of what the program installs: every package of requirements/run.txt
# with version and digests. The same lock gives the same bytes. Usage: scripts/sbom.sh FILE
set -euo pipefail
file=$(realpath "${1:?name the file to write}")
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
"$python" -W ignore -m cyclonedx_py requirements requirements/run.txt --pyproject pyproject.toml \
  --output-reproducible --validate --of JSON --sv 1.6 -o "$file" 2>/dev/null
echo "$file"
