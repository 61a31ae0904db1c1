#!/usr/bin/env bash
# Runs the command that was given with APR_QA_ACT set: act, built once from its source.
set -euo pipefail
bin="${APR_QA_CI_CACHE:-$HOME/.cache/apr-qa-ci}/bin"
[ -x "$bin/act" ] || GOBIN="$bin" go install github.com/nektos/act@v0.2.89
export APR_QA_ACT="$bin/act"
"$@"
