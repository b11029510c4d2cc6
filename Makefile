# Everything that is done with a checkout. `make` lists the targets.
# Variables: PYTHON (3.11 or later; default python3), VENV (default .venv), ARGS (passed on to the command).

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
FUZZERS := $(VENV)/.installed-fuzzers
PATHS := shared:services/graphql:services/rest:services/migrator:services/backup:cli
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --annotation-style line --universal --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help run venv bench test conformance clients e2e mutants soak lint format lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9._-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: venv ## serve the sample app on http://127.0.0.1:5000 (GraphQL /graphql, REST /rest/v1), from SQLite
	@exec $(BIN)/python main.py --seed $(ARGS)

venv: $(STAMP)

# The stamp is as new as the lock file it was made from: nothing is installed while that is so.
$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo '$(PYTHON) is not Python 3.11 or later: name one, as in: make run PYTHON=python3.13' >&2; exit 1; }
	@echo 'installing requirements/dev.txt into $(VENV) (about a minute, once)'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

test: venv ## run all tests but those of the compose stack and of JavaScript, on all cores (ARGS=-n0 on one)
	@GEMEL_TEST_TABLES=$${GEMEL_TEST_TABLES:-250} $(BIN)/python -m pytest -n auto --maxprocesses 4 -m 'not e2e and not soak and not clients' $(ARGS)

conformance: venv ## list every rule of docs/dialects of T1 and T2 with the tests that prove it
	@PYTHONPATH=tests $(BIN)/python -m conformance

clients: venv ## run the real client libraries against served Chinook (needs node 20 and npm)
	@command -v node >/dev/null && command -v npm >/dev/null || { echo 'node 20 and npm are needed' >&2; exit 1; }
	@cd tests/clients/js && npm ci --ignore-scripts --silent
	@$(BIN)/python -m pytest tests/clients $(ARGS)

e2e: venv ## bring up the compose stack under a name of its own and test it (needs Docker)
	@$(BIN)/python -m pytest -m e2e tests/e2e $(ARGS)

# Only a soak needs the fuzzers.
$(FUZZERS): $(STAMP) requirements/fuzz.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	@touch $@

mutants: venv ## take out each check of a policy, limit, hash or evidence; some test has to turn red (an hour)
	@PYTHONPATH=tests $(BIN)/python -m mutants $(ARGS)

soak: $(FUZZERS) ## run the full counts and measure: hours; writes docs/soak/*.json (docs/soak/README.md)
	@$(BIN)/python -m pytest -m soak $(ARGS)

lint: venv ## ruff, mypy, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=$(PATHS) $(BIN)/lint-imports

bench: venv ## measure the services against what is written by hand (ARGS='--only W1,W2 --rounds 3'; needs nothing)
	@PYTHONPATH=$(PATHS):tests:. $(BIN)/python -m bench $(ARGS)

format: venv ## let ruff format and repair what it can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# dev.txt is resolved first and constrains the others: a service runs the versions that were tested.
lock: venv ## write requirements/*.txt anew from pyproject.toml (ARGS=--upgrade takes newer versions)
	@$(COMPILE) $(ARGS) pyproject.toml --group dev -o requirements/dev.txt
	@for group in graphql rest migrator backup fuzz; do \
		$(COMPILE) -c requirements/dev.txt --group $$group -o requirements/$$group.txt || exit 1; done

docker.env: ## write the settings of the compose stack, with new random secrets
	@$(PYTHON) deploy/new_secrets.py docker.example.env $@

clean: ## remove the environment and the tools' caches (not var/, which holds data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
