# Novantra mail: `make run` starts it, `make test` tests it, `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash

.DEFAULT_GOAL := help
# The same program under one name, for service files and for hands: .venv/bin/novantra
define LAUNCHER
#!/bin/sh
PYTHONPATH="$(CURDIR)" exec "$(CURDIR)/$(BIN)/python" -m app.program "$$@"
endef
export LAUNCHER

.PHONY: help run test test-all check format bench chaos fuzz screenshots lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Novantra needs Python 3.11 or newer; PYTHON=/path/to/python3.11 make run chooses one."; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is incomplete; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/installed: $(VENV)/made requirements.txt
	@echo "Installing what Novantra needs into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@echo "$$LAUNCHER" > $(BIN)/novantra && chmod +x $(BIN)/novantra
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	@echo "Installing what the tests need into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: $(VENV)/installed ## Start Novantra on NOVANTRA_BIND (127.0.0.1:8000) and print where to click
	@exec $(BIN)/python -m app.server

# What costs seconds by its nature, each time: see tests/marks.py
QUICK := not process and not browser and not relay and not slow and not chaos and not timing
# More processes than cores: some always wait for a server, a relay, or a deadline.
CORES := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
SOME := -n $(shell expr $(CORES) + 1) --dist loadfile
MANY := -n $(shell expr $(CORES) \* 2) --dist loadfile --no-loadscope-reorder
# Bytecode is kept: some hundred processes would each compile the program again.
PYTEST := unset PYTHONDONTWRITEBYTECODE; $(BIN)/python -m pytest

test: $(VENV)/installed-dev ## Run the quick tests: all but those that start servers, relays or browsers; ARGS chooses others
	@$(PYTEST) $(if $(ARGS),$(ARGS),$(SOME) -m '$(QUICK)')

test-all: $(VENV)/installed-dev ## Run them all (Chromium, Postfix, Exim and PostgreSQL where these exist)
	@$(PYTEST) $(MANY)
	@echo "What measures seconds, one after the other:"
	@$(PYTEST) -m timing

check: $(VENV)/installed-dev ## Lint, types, import walls
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/installed-dev ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/installed-dev ## Measure, against named peers in the same run
	@$(BIN)/python -m bench $(ARGS)

chaos: $(VENV)/installed-dev ## Kill web and workers at random while a relay misbehaves, on both databases
	@$(BIN)/python -m tests.chaos $(ARGS)

fuzz: $(VENV)/installed-dev ## Feed the reply parser and the message builder arbitrary bytes, bounded
	@$(BIN)/python -m tests.fuzz_replies $(ARGS)

screenshots: $(VENV)/installed-dev ## Take the pictures of README and docs anew, from the running program
	@$(BIN)/python -m tests.browser.pictures $(ARGS)

lock: $(VENV)/installed-dev ## Pin the newest versions of what requirements*.in name
	@$(BIN)/pip install --quiet pip-tools
	@$(BIN)/pip-compile -q -U --allow-unsafe --no-emit-find-links --no-emit-index-url --strip-extras --generate-hashes -o requirements.txt requirements.in
	@$(BIN)/pip-compile -q -U --allow-unsafe --no-emit-find-links --no-emit-index-url --strip-extras --generate-hashes -o requirements-dev.txt requirements-dev.in

clean: ## Remove the virtual environment and caches, never the data folder
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
