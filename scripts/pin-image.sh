#!/usr/bin/env bash
# Makes action.yml use a published image instead of building one: scripts/pin-image.sh REGISTRY/NAME@sha256:...
set -euo pipefail
cd "$(dirname "$0")/.."
[[ "${1:-}" =~ ^[a-z0-9./_-]+@sha256:[0-9a-f]{64}$ ]] || {
  echo "usage: scripts/pin-image.sh REGISTRY/NAME@sha256:<64 hex digits>" >&2
  exit 2
}
grep -q '^  image: Dockerfile$' action.yml || {
  echo "action.yml has no line 'image: Dockerfile'" >&2
  exit 1
}
sed -i "s#^  image: Dockerfile\$#  image: docker://$1#" action.yml
