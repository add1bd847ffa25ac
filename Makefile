# Everything one does with this repository; `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help run stop test test-sqlite test-postgres check format messages bench shell lock env clean

PYTHON_BIN := .venv/bin/python
SOURCE := loyalty members rewards community tests bin benchmarks manage.py
DEV := bin/env dev

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

run: ## Start the product with its demo (PORT, HOST, DATABASE_URL, BROKER_URL are obeyed)
	@bin/run

stop: ## Stop what `make run` started
	@if [ -x $(PYTHON_BIN) ]; then $(PYTHON_BIN) -m bin.stop; else echo "Nothing was started here."; fi

test: ## Run every check, then every test on SQLite and on PostgreSQL
	@$(DEV)
	@$(PYTHON_BIN) -m bin.check
	@$(PYTHON_BIN) -m bin.test sqlite postgres

test-sqlite: ## Run the tests on SQLite only (ARGS='-k ledger' narrows)
	@$(DEV)
	@$(PYTHON_BIN) -m bin.test sqlite $(if $(ARGS),-- $(ARGS))

test-postgres: ## Run the tests on PostgreSQL only (TEST_DATABASE_URL, or a throw-away server)
	@$(DEV)
	@$(PYTHON_BIN) -m bin.test postgres $(if $(ARGS),-- $(ARGS))

check: ## Lint, format, types, floors, templates, migrations, deployment, translations
	@$(DEV)
	@$(PYTHON_BIN) -m bin.check

format: ## Format Python and templates in place
	@$(DEV)
	@$(PYTHON_BIN) -m ruff check --fix $(wildcard $(SOURCE))
	@$(PYTHON_BIN) -m ruff format $(wildcard $(SOURCE))
	@find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} +

messages: ## Collect the strings to translate, merge locale/fragments, say what is missing
	@$(DEV)
	@$(PYTHON_BIN) -m bin.catalogues update

bench: ## Measure (benchmarks/); a table here, JSON under var/bench/
	@$(DEV)
	@$(PYTHON_BIN) -m benchmarks $(ARGS)

shell: ## A Django shell on the database of `make run`
	@bin/env run
	@$(PYTHON_BIN) -m bin.up shell

lock: ## Compile requirements*.in into hashed requirements*.txt (all: newest versions, UPGRADE=1)
	@bin/lock $(if $(UPGRADE),--upgrade)

env: ## Make or refresh .venv, with the tools for tests
	@$(DEV)

clean: ## Remove everything made here: .venv, var, caches, compiled catalogues
	@if [ -x $(PYTHON_BIN) ]; then $(PYTHON_BIN) -m bin.stop; fi
	@rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find loyalty members rewards community tests bin benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
	@find locale -name '*.mo' -delete
