#!/usr/bin/env bash
# Builds the image with a real engine and tries it: entry point, Python, user, no network, read-only, hostile checkout.
# Needs root, Debian's mmdebstrap and docker.io, and about 2 GB of disk. Where the engine does not start, it fails.
# The base is a stand-in made by mmdebstrap: the same Debian and Python version as the FROM line names, other bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${APR_QA_CI_CACHE:-$HOME/.cache/apr-qa-ci}"
image=apr-qa:lane
from="$(sed -n 's/^FROM \([^ ]*\).*/\1/p' Dockerfile | sort -u)"
[ "$(wc -l <<<"$from")" = 1 ] || { echo "the Dockerfile has several bases: $from" >&2; exit 1; }

bootstrap=(mmdebstrap --variant=minbase '--include=python3,python3-venv,ca-certificates'
  --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/doc/*'
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*')
# A machine that reaches the world through a proxy of its own has its certificates here.
[ -f /etc/pip.conf ] && bootstrap+=(--customize-hook='copy-in /etc/pip.conf /etc')
[ -f /etc/ssl/certs/ca-certificates.crt ] && bootstrap+=(--customize-hook='copy-in /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs')
bootstrap+=("${from##*-}")
base="$cache/base-$(printf '%s\n' "${bootstrap[@]}" | sha256sum | cut -c1-16).tar"
mkdir -p "$cache"
if [ ! -f "$base" ]; then
  "${bootstrap[@]}" "$base.part.tar"
  mv "$base.part.tar" "$base"
fi

work="$(mktemp -d "${TMPDIR:-/tmp}/apr-qa-image.XXXXXX")"
export DOCKER_HOST="unix://$work/d.sock" DOCKER_BUILDKIT=0
stop() {
  if [ -f "$work/d.pid" ]; then
    pid="$(cat "$work/d.pid")"
    docker ps -aq 2>/dev/null | xargs -r docker rm -f >/dev/null 2>&1 || true
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  fi
  mount | awk -v w="$work/" 'index($3, w) == 1 { print $3 }' | sort -r | xargs -r umount 2>/dev/null || true
  [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap stop EXIT
cat >"$work/daemon.json" <<J
{"data-root": "$work/data", "exec-root": "$work/exec", "pidfile": "$work/d.pid", "hosts": ["$DOCKER_HOST"],
 "iptables": false, "ip6tables": false, "bridge": "none", "storage-driver": "overlay2"}
J
dockerd --config-file "$work/daemon.json" >"$work/d.log" 2>&1 &
for _ in $(seq 300); do docker version >/dev/null 2>&1 && break; sleep 0.1; done
docker version >/dev/null 2>&1 || { echo "dockerd did not start:" >&2; tail -n 20 "$work/d.log" >&2; exit 1; }

docker import -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' -c 'CMD ["python3"]' "$base" "$from" >/dev/null
docker build --network host --build-arg "APR=${APR:-none}" -t "$image" .
APR_QA_IMAGE="$image" APR_QA_BASE="$from" APR_QA_APR="${APR:-none}" "${PYTHON:-.venv/bin/python}" -m pytest -q -m image tests/image "$@"
if [ -n "${AFTER:-}" ]; then
  APR_QA_IMAGE="$image" "$AFTER"
fi
