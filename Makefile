# 信衡 Xinheng. Needs only make and Python ≥ 3.11: `make help`.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
PORT ?= 8000
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.runtime-installed
DEV := $(VENV)/.development-installed
SPARK := $(VENV)/.spark-installed
BENCH := $(VENV)/.bench-installed
SIZES ?= 10000 100000
DEMO := sqlite:///var/demo.db
PIP := $(BIN)/python -m pip --disable-pip-version-check
PARALLEL ?= 2
VERSION ?=
export PIP_NO_INPUT := 1

.PHONY: help demo test test-neo4j-lts faults neo4j spark lint law-pages bench bench-worlds mutants clean

help: ## what can be made
	@echo "信衡 Xinheng —"
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PORT=8001 another port; PYTHON=/path/to/python3.12 another Python"

$(BIN)/python:
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "xinheng: 需要 Python ≥ 3.11 is needed and was not found; install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "xinheng: this Python comes without venv; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "xinheng: setting up $(VENV) with $(PYTHON) …"
	@$(PYTHON) -m venv $(VENV)

$(RUN): $(BIN)/python pyproject.toml constraints.txt
	@echo "xinheng: installing what it runs on …"
	@$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(DEV): $(BIN)/python pyproject.toml constraints.txt
	@echo "xinheng: installing what it runs on and what it is tested with …"
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(RUN)

$(SPARK): $(DEV)
	@echo "xinheng: installing Spark, half a gigabyte …"
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[dev,spark]'
	@touch $@

$(BENCH): $(DEV)
	@echo "xinheng: installing what draws plots …"
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[dev,bench]'
	@touch $@

demo: $(RUN) ## a small city with the shipped memoranda, a few checks with their proof, then API and pages (PORT=)
	@mkdir -p var
	@exec $(BIN)/xinheng demo --store $(DEMO) --port $(PORT)

# In CI nothing may be left untested, so Spark is installed there.
test: $(DEV) $(if $(filter true,$(CI)),$(SPARK)) ## everything that must hold: style, types, tests, docs
	@$(MAKE) --no-print-directory lint
	@$(BIN)/pytest -n $(PARALLEL) --dist loadgroup; code=$$?; $(BIN)/python tests/untested.py; exit $$code

test-neo4j-lts: $(DEV) ## the tests on Neo4j once more, on its long-term line
	@NEO4J_VERSION=lts $(BIN)/pytest -m neo4j; code=$$?; $(BIN)/python tests/untested.py; exit $$code

faults: $(DEV) ## service and graph server killed, hung, starved of disk and damaged, at length: many minutes
	@FAULTS=long $(BIN)/pytest tests/faults tests/test_neo4j_faults.py

neo4j: $(DEV) ## a Neo4j server to try things on, for this machine alone; prints address and password (VERSION=lts)
	@mkdir -p var
	@exec $(BIN)/python -m tests.run_neo4j $(if $(VERSION),--version $(VERSION))

spark: $(SPARK) ## re-evaluation on a local Spark: installs it (half a gigabyte; needs Java 17), then tests it
	@$(BIN)/pytest tests/test_spark.py

lint: $(DEV) ## style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

law-pages: $(RUN) ## the pages of the law in docs/law, and of what lint finds in it, anew from memoranda/
	@$(BIN)/xinheng rulebook pages docs/law
	@$(BIN)/python -m tests.lint_shipped

bench: $(BENCH) ## how fast, as ratios in the same run; writes docs/benchmarks.md anew (SIZES="10000 100000")
	@$(BIN)/python -m benchmarks.run --groups $(SIZES); code=$$?; $(BIN)/python -m benchmarks.page; exit $$code

bench-worlds: $(DEV) ## a million random worlds, engine against oracle
	@$(BIN)/python -m tests.run_worlds --worlds 1000000

mutants: $(DEV) ## deliberate mistakes in the engine, each of which must be caught
	@$(BIN)/python -m tests.run_mutants

clean: ## away with the demo's city and everything installed
	rm -rf $(VENV) var build *.egg-info
