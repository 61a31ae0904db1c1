# Thin: every target is one or two commands that you could type yourself. `make demo` and `make test` need only
# git, python3 >= 3.11 with venv, and make.
SHELL := /bin/bash
# Compiled modules are kept: most of what we start is Python, and starts often.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
FAMILY ?= tiny
RUNS ?= 20000
SEED ?= 1
MOST ?= 150
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
APR_VERSION := 0.72.3
APR_ROOT ?= $(HOME)/.local/apr
LANES := test-browser test-apr test-ollama test-ray test-image test-act e2e
NO_LANE := not apr and not browser and not ollama and not ray and not image and not act and not e2e

.PHONY: demo test test-again check lint lint-code lint-actions lock engine bench fuzz mutants sbom $(LANES) torture crash soak docs clean help
help: ## what there is
	@grep -hE '^[a-z][a-z0-9% -]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 28

demo: $(VENV)/run.stamp ## set up, then certify the shipped tiny model with the embedded engines
	@$(BIN)/apr-qa demo --output out/demo

test: $(VENV)/test.stamp ## set up, then run all tests that pip packages can run, without root
	@$(BIN)/python -m pytest -q -n auto -m "$(NO_LANE)" tests
	@echo "Lanes not run here: $(LANES). Each is a make target of that name."

test-again: $(VENV)/test.stamp ## what failed the last time, one test after another
	@$(BIN)/python -m pytest -q --last-failed --last-failed-no-failures none -m "$(NO_LANE)" tests

test-apr: $(VENV)/test.stamp ## the tests that drive the real apr (make engine installs it)
	@PATH="$(APR_ROOT)/bin:$$PATH" $(BIN)/python -m pytest -q -m apr tests

test-ray: $(VENV)/ray.stamp ## shards on a real Ray cluster of this machine (installs Ray, about 300 MB)
	@$(BIN)/python -m pytest -q -m ray tests

test-ollama: $(VENV)/test.stamp ## parity with a real Ollama, built from source where there is none (Go, gcc, g++)
	@scripts/ollama-lane.sh

test-browser: $(VENV)/dev.stamp ## the pages in a real Chromium, with axe
	@$(BIN)/python -m pytest -q -m browser tests

e2e: $(VENV)/test.stamp ## from a comment to a closed ticket, recorded in out/e2e/transcript.md
	@$(BIN)/python -m pytest -q -m e2e tests/e2e

check: lint test ## what CI checks of the code

test-image: $(VENV)/dev.stamp ## the image, built and run for real (a Docker engine; or root, mmdebstrap, docker.io)
	@scripts/with-image.sh $(BIN)/python -m pytest -q -m image tests/image

test-act: $(VENV)/dev.stamp ## the workflows in that image, from a comment on a fake GitHub (the same, and Go for act)
	@scripts/with-image.sh scripts/with-act.sh $(BIN)/python -m pytest -q -m act tests/act

lint: lint-code lint-actions ## all linters

lint-code: $(VENV)/dev.stamp ## linters, types, layers, dependencies, spelling
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy src && $(BIN)/lint-imports
	@$(BIN)/deptry src && $(BIN)/typos && $(BIN)/yamllint -s .

verify: $(VENV)/run.stamp ## the registry and the playbooks are what they are made from
	@$(BIN)/apr-qa registry lint && $(BIN)/apr-qa lock-playbooks --verify && $(BIN)/apr-qa generate-playbooks --check

docs: $(VENV)/run.stamp $(VENV)/docs.stamp ## the pages of docs/ as a site, strictly
	@$(BIN)/apr-qa docs --check && NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build -q

site: $(VENV)/run.stamp ## the registry's pages
	@$(BIN)/apr-qa site --output out/site

lint-actions: $(VENV)/dev.stamp ## workflows, actions, Dockerfiles, shell scripts (actionlint needs Go)
	@scripts/lint-actions.sh

engine: ## build and install the real apr (25 to 40 minutes on two cores)
	cargo install apr-cli --locked --version $(APR_VERSION) --root $(APR_ROOT)

bench: $(VENV)/test.stamp ## measure our own cost (WRITE=1: into docs/performance.md)
	@$(BIN)/python -m bench $(if $(WRITE),--write docs/performance.md)

certify-smoke certify-mvp certify-quick certify-standard certify-deep: certify-%: $(VENV)/run.stamp ## certify FAMILY
	@$(BIN)/apr-qa certify --family $(FAMILY) --tier $*

certify-qwen: $(VENV)/run.stamp ## the Qwen Coder family, in full
	@$(BIN)/apr-qa certify --family qwen-coder --tier deep

ci-smoke: $(VENV)/run.stamp ## a quick look at one real model
	@$(BIN)/apr-qa certify qwen-coder/1.5B smoke --backends cpu

nightly-7b: $(VENV)/run.stamp ## the nightly run of the 7B model
	@$(BIN)/apr-qa certify qwen-coder/7B mvp

update-certifications: $(VENV)/run.stamp ## derive models.csv, the README table and badges from the records
	@$(BIN)/apr-qa registry derive

lock: ## renew the hashed lists of packages (needs uv)
	@scripts/lock.sh

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "apr-qa needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); echo "This Python has no venv. Debian and Ubuntu: apt-get install python3-venv"; exit 2; }

$(VENV)/%.stamp: requirements/%.txt pyproject.toml src/apr_qa/__init__.py | $(VENV)/bin/python
	@echo "Setting up $(VENV) from $< (about half a minute) ..."
	@$(PIP) install --require-hashes -r $<
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

fuzz: fuzzable $(VENV)/reliability.stamp ## fuzz every parser of foreign input: RUNS executions each, seed SEED
	@$(BIN)/python tests/fuzz/run_fuzz.py --runs $(RUNS) --seed $(SEED)

.PHONY: fuzzable
fuzzable:
	@$(PYTHON) -c 'import platform as p, sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 14) and p.system() == "Linux" and p.machine() == "x86_64"))' || { echo "Fuzzing needs atheris, which has wheels for Python 3.11 to 3.14 on Linux x86_64 only; name such a Python: make fuzz PYTHON=python3.12"; exit 2; }

mutants: $(VENV)/reliability.stamp ## change the program at MOST places a part; the tests must see 90 % of the changes
	@$(BIN)/python tools/mutants.py --most $(MOST) --seed $(SEED)

sbom: $(VENV)/test.stamp ## the bill of materials of what the program installs: out/sbom.cdx.json
	@mkdir -p out && scripts/sbom.sh out/sbom.cdx.json

torture: $(VENV)/test.stamp ## put every misbehaving engine on trial; writes docs/reliability/torture.md
	@$(BIN)/python bench/torture.py --page docs/reliability/torture.md

crash: $(VENV)/test.stamp ## stop runs, publishing and tickets at random points; writes docs/reliability/crash.md
	@$(BIN)/python bench/crash.py --points 200 --seed 1 --page docs/reliability/crash.md

soak: $(VENV)/test.stamp ## 2,000 questions through one server with 32 clients; writes docs/reliability/soak.md
	@$(BIN)/python bench/soak.py --page docs/reliability/soak.md

clean: ## remove what make made
	rm -rf $(VENV) out
