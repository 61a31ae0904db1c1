#!/usr/bin/env bash
# Commits the pinned action.yml and lets the major version's tag point there: scripts/move-major-tag.sh v1.2.3 REMOTE
# Callers of `@v1` then take the published image instead of building one. No branch moves.
set -euo pipefail
cd "${APR_QA_CHECKOUT:-$(dirname "$0")/..}"
[[ "${1:-}" =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ && -n "${2:-}" ]] || {
  echo "usage: scripts/move-major-tag.sh vMAJOR.MINOR.PATCH REMOTE" >&2
  exit 2
}
grep -q '^  image: docker://' action.yml || {
  echo "action.yml names no image: scripts/pin-image.sh comes first" >&2
  exit 1
}
bot=(-c user.name=github-actions[bot] -c user.email=41898282+github-actions[bot]@users.noreply.github.com)
git "${bot[@]}" commit --quiet --message "$1: the image by its digest" -- action.yml
git push --quiet --force "$2" "HEAD:refs/tags/${1%%.*}"
