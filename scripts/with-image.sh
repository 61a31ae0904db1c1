#!/usr/bin/env bash
# Builds the image with a real engine, then runs the command that was given, with APR_QA_IMAGE and APR_QA_BASE set.
# An engine that runs is taken. Where none runs, one is started, which needs root, Debian's mmdebstrap and docker.io, and
# about 3 GB of disk; it ends with the command. Where it does not start, this fails: nothing is skipped.
# Nothing can be pulled everywhere, so the base is then a stand-in: the Debian and the Python of the FROM line, other bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${APR_QA_CI_CACHE:-$HOME/.cache/apr-qa-ci}"
engine="$cache/engine"
from="$(sed -n 's/^FROM \([^ ]*\).*/\1/p' Dockerfile | sort -u)"
[ "$(wc -l <<<"$from")" = 1 ] || { echo "the Dockerfile has several bases: $from" >&2; exit 1; }
export APR_QA_IMAGE="apr-qa:lane" APR_QA_BASE="$from" APR_QA_APR="${APR:-none}"

bootstrap=(mmdebstrap --quiet --variant=minbase '--include=python3,python3-venv,ca-certificates'
  --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/doc/*'
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*')
# A machine that reaches the world through a proxy of its own has its certificates here.
[ -f /etc/pip.conf ] && bootstrap+=(--customize-hook='copy-in /etc/pip.conf /etc')
[ -f /etc/ssl/certs/ca-certificates.crt ] && bootstrap+=(--customize-hook='copy-in /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs')
bootstrap+=("${from##*-}")
stand_in="$(printf '%s\n' "${bootstrap[@]}" | sha256sum | cut -c1-16)"

stop() {
  local pid
  pid="$(cat "$engine/d.pid" 2>/dev/null)" || return 0
  docker ps -aq | xargs -r docker rm -f >/dev/null
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  mount | awk -v w="$engine/" 'index($3, w) == 1 { print $3 }' | sort -r | xargs -r umount
}

start() {
  mkdir -p "$engine"
  exec 9>"$cache/engine.lock"
  flock 9
  export DOCKER_HOST="unix://$engine/d.sock" DOCKER_BUILDKIT=0
  cat >"$engine/daemon.json" <<J
{"data-root": "$engine/data", "exec-root": "$engine/exec", "pidfile": "$engine/d.pid", "hosts": ["$DOCKER_HOST"],
 "iptables": false, "ip6tables": false, "bridge": "none", "storage-driver": "overlay2"}
J
  rm -f "$engine/d.pid"
  trap stop EXIT
  dockerd --config-file "$engine/daemon.json" >"$engine/d.log" 2>&1 9>&- &
  for _ in $(seq 300); do docker version >/dev/null 2>&1 && return; sleep 0.1; done
  echo "dockerd did not start:" >&2
  tail -n 20 "$engine/d.log" >&2
  exit 1
}

put_base() {
  local base="$cache/base-$stand_in.tar"
  if [ ! -f "$base" ]; then
    "${bootstrap[@]}" "$base.part.tar"
    mv "$base.part.tar" "$base"
  fi
  docker image inspect "stand-in:$stand_in" >/dev/null 2>&1 ||
    docker import -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' -c 'CMD ["python3"]' \
      "$base" "stand-in:$stand_in" >/dev/null
  docker tag "stand-in:$stand_in" "$from"
}

if ! docker version >/dev/null 2>&1; then
  start
  put_base
fi
docker build --quiet --network host --build-arg "APR=$APR_QA_APR" -t "$APR_QA_IMAGE" . >/dev/null
"$@"
