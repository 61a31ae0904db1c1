#!/usr/bin/env bash
# Starts apr-qa in a container (with a GPU when asked for), or on the host, with what the composite action was given.
# Every value arrives in the environment; none is ever part of a line of shell.
set -euo pipefail
home="$(cd "$APR_QA_HOME" && pwd)"
mode="$APR_QA_MODE"
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

in_container() {
  local image="$APR_QA_IMAGE" name
  if [ -z "$image" ]; then
    image=apr-qa:action
    docker build --quiet -t "$image" "$home" >/dev/null
  fi
  local options=(--rm --user "$(id -u):$(id -g)" --cap-drop ALL --security-opt no-new-privileges --read-only
    --tmpfs "/tmp:exec,mode=1777" --workdir "$GITHUB_WORKSPACE" -v "$GITHUB_WORKSPACE:$GITHUB_WORKSPACE")
  for name in $(compgen -e | grep -E '^(INPUT_|GITHUB_(ACTIONS|EVENT_NAME|EVENT_PATH|OUTPUT|REPOSITORY|SHA|STEP_SUMMARY|TOKEN|API_URL|GRAPHQL_URL|SERVER_URL|RUN_ID|RUN_ATTEMPT|TRIGGERING_ACTOR|WORKSPACE)$|HF_TOKEN$)'); do
    options+=(-e "$name")
  done
  for name in GITHUB_OUTPUT GITHUB_STEP_SUMMARY; do
    [ -n "${!name:-}" ] && options+=(-v "${!name}:${!name}")
  done
  [ -n "${GITHUB_EVENT_PATH:-}" ] && options+=(-v "$GITHUB_EVENT_PATH:$GITHUB_EVENT_PATH:ro")
  if [ -n "${INPUT_MODEL_CACHE:-}" ]; then
    mkdir -p "$INPUT_MODEL_CACHE"
    options+=(-v "$INPUT_MODEL_CACHE:$INPUT_MODEL_CACHE")
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
