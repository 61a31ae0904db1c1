#!/usr/bin/env bash
# Lints what GitHub and Docker read: workflows, actions, Dockerfiles, shell scripts. Nothing is asked of the network
# but actionlint's source, once.
set -euo pipefail
cd "$(dirname "$0")/.."
bin="${VENV:-.venv}/bin"
cache="${APR_QA_CI_CACHE:-$HOME/.cache/apr-qa-ci}"
actionlint_version=v1.7.12
actionlint="$cache/bin/actionlint"
if [ ! -x "$actionlint" ]; then
  GOBIN="$cache/bin" go install "github.com/rhysd/actionlint/cmd/actionlint@$actionlint_version"
fi
"$actionlint" -shellcheck "$bin/shellcheck" .github/workflows/*.yml
consumer="$(mktemp --suffix .yml)"
trap 'rm -f "$consumer"' EXIT
sed -n '/CONSUMER_WORKFLOW_START/,/CONSUMER_WORKFLOW_END/p' README.md | sed '1,/^```yaml$/d; /^```$/,$d' >"$consumer"
"$actionlint" "$consumer"
"$bin/zizmor" --offline --quiet --no-progress .github action.yml run/action.yml tests/act/stubs
"$bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml "$consumer"
"$bin/check-jsonschema" --builtin-schema vendor.github-actions action.yml run/action.yml tests/act/stubs/*/action.yml
"$bin/check-jsonschema" --builtin-schema vendor.dependabot .github/dependabot.yml
"$bin/hadolint" --config .github/hadolint.yaml Dockerfile docker/gpu.Dockerfile tests/act/runner.Dockerfile
"$bin/shellcheck" scripts/*.sh docker/*.sh run/*.sh .ci/run
