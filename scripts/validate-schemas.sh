#!/usr/bin/env bash
# Holds playbooks, templates, evidence and records against their schemas: apr-qa validate-schemas [PATH...].
set -euo pipefail
cd "$(dirname "$0")/.."
program=apr-qa
if [ -x .venv/bin/apr-qa ]; then program=.venv/bin/apr-qa; fi
exec "$program" validate-schemas "$@"
