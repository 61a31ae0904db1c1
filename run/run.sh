#!/usr/bin/env bash
# Starts apr-qa in a container (with a GPU when asked for), or on the host, with what the composite action was given.
# Every value arrives in the environment; none is ever part of a line of shell.
set -euo pipefail
home="$(cd "$APR_QA_HOME" && pwd)"
mode="$APR_QA_MODE"
github="ACTIONS|ACTOR|API_URL|EVENT_NAME|EVENT_PATH|GRAPHQL_URL|OUTPUT|REF|REPOSITORY|RUN_ATTEMPT|RUN_ID|SERVER_URL|SHA|STEP_SUMMARY|TOKEN|TRIGGERING_ACTOR|WORKSPACE"
ours="APP_ID|APP_INSTALLATION|APP_KEY|CA_BUNDLE|IMAGE|SECONDS_BETWEEN_LOOKS|SECONDS_BETWEEN_WRITES|TICKETS_TOKEN"
# The image of a release stands in one place.
[ -n "$APR_QA_IMAGE" ] || APR_QA_IMAGE="$(sed -n 's#^  image: docker://##p' "$home/action.yml")"
export APR_QA_IMAGE
case "$mode" in
  auto) if docker info >/dev/null 2>&1; then mode=docker; else mode=host; fi ;;
  docker | host) ;;
  *)
    echo "::error title=apr-qa::input mode has to be auto, docker or host"
    exit 2
    ;;
esac

on_host() {
  local venv="$RUNNER_TEMP/apr-qa-venv"
  if [ ! -x "$venv/bin/apr-qa-action" ]; then
    "$APR_QA_PYTHON" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$home/requirements/run.txt"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation "$home"
  fi
  PYTHONSAFEPATH=1 "$venv/bin/apr-qa-action"
}

# Where the job itself runs in a container, the engine knows its folders by other names: those of that container's mounts.
own_mounts() {
  local own
  own="$(awk '$5 == "/etc/hostname" { print $4 }' /proc/self/mountinfo | sed -n 's#.*/containers/\([0-9a-f]\{64\}\)/.*#\1#p')"
  [ -z "$own" ] || docker inspect --format '{{range .Mounts}}{{.Destination}}{{"\t"}}{{.Source}}{{"\n"}}{{end}}' "$own" | sort -r
}

in_container() {
  local image="$APR_QA_IMAGE" engine name mounts
  if [ -z "$image" ]; then
    # Who hears and who publishes asks no model: no engine is built for them.
    engine=build
    case "$INPUT_COMMAND" in bot | publish) engine=none ;; esac
    image="apr-qa:action-$engine"
    docker build --quiet --build-arg "APR=$engine" -t "$image" "$home" >/dev/null
  fi
  mounts="$(own_mounts)"
  local options=(--rm --user "$(id -u):$(id -g)" --cap-drop ALL --security-opt no-new-privileges --read-only
    --tmpfs "/tmp:exec,mode=1777" --workdir "$GITHUB_WORKSPACE")
  mounted() {
    local inside outside at="$1"
    while IFS=$'\t' read -r inside outside; do
      if [ -n "$inside" ] && [[ "$1/" == "$inside"/* ]]; then at="$outside${1#"$inside"}"; break; fi
    done <<<"$mounts"
    options+=(-v "$at:$1${2:-}")
  }
  mounted "$GITHUB_WORKSPACE"
  for name in $(compgen -e | grep -E "^(INPUT_|GITHUB_($github)\$|APR_QA_($ours)\$|HF_TOKEN\$)"); do
    options+=(-e "$name")
  done
  for name in GITHUB_OUTPUT GITHUB_STEP_SUMMARY; do
    [ -z "${!name:-}" ] || mounted "${!name}"
  done
  for name in GITHUB_EVENT_PATH APR_QA_CA_BUNDLE; do
    [ -z "${!name:-}" ] || mounted "${!name}" :ro
  done
  if [ -n "${INPUT_MODEL_CACHE:-}" ]; then
    mkdir -p "$INPUT_MODEL_CACHE"
    mounted "$INPUT_MODEL_CACHE"
  fi
  if [ -n "$APR_QA_GPUS" ]; then
    docker info --format '{{json .Runtimes}}' | grep -q nvidia || [ -e /etc/cdi ] || [ -n "$(command -v nvidia-ctk || true)" ] || {
      echo "::error title=apr-qa::a GPU was asked for and Docker has no NVIDIA runtime: install the NVIDIA Container Toolkit"
      exit 2
    }
    options+=(--gpus "$APR_QA_GPUS" --ipc host)
  fi
  # shellcheck disable=SC2086  # APR_QA_DOCKER_OPTIONS is set by the owner of the runner, as words
  docker run "${options[@]}" ${APR_QA_DOCKER_OPTIONS:-} --entrypoint /opt/venv/bin/apr-qa-action "$image"
}

if [ "$mode" = docker ]; then in_container; else on_host; fi
