# `make demo` and `make test` are all a newcomer needs: Python 3.11 or later and make.

.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

# More BLAS threads gain nothing here, and cost much where cores are shared.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

export PYTHON ?=
UV ?= uv
WORKERS ?= 2
RUN := .venv/bin/python
PYTEST := $(RUN) -m pytest -n $(WORKERS) --dist loadfile
SKILLS := skill scenarios subdistricts flee_allocation turkey_stock
BENCHMARKS := $(filter-out $(SKILLS),$(basename $(notdir $(wildcard benchmarks/[a-z]*.py))))

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: .venv/.core ## the outlook of 2019-05-04 on the bundled crisis, and demo/outlook.html
	$(RUN) -m service demo --out demo

.PHONY: serve
serve: .venv/.service ## the HTTP service on this machine, at 127.0.0.1:8000
	$(RUN) -m service serve

.PHONY: test
test: .venv/.all ## the tests, the slow ones left out
	$(PYTEST)

.PHONY: test-all
test-all: .venv/.all ## every test
	$(PYTEST) -m ""

.PHONY: lint
lint: .venv/.all ## style, types, who may import whom, image and compose file
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	.venv/bin/lint-imports
	.venv/bin/hadolint Dockerfile
	.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml

.PHONY: format
format: .venv/.all ## rewrite the code in the house format
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

.PHONY: bench
bench: .venv/.all ## speed: every benchmark one after the other, into docs/benchmarks.md
	$(RUN) -m benchmarks._record $(BENCHMARKS)

.PHONY: skill
skill: .venv/.all ## quality of the forecasts, scenarios and destinations; some minutes
	@set -e; for name in $(SKILLS); do echo "benchmarks.$$name"; $(RUN) -m "benchmarks.$$name"; done

.PHONY: lock
lock: ## requirements/*.txt anew from pyproject.toml, with uv (LOCK=--upgrade: newest versions)
	@command -v "$(UV)" >/dev/null || { echo "make lock needs uv: pip install uv, or make lock UV=/path/to/uv" >&2; exit 1; }
	$(COMPILE) --output-file requirements/core.txt
	$(COMPILE) --extra dask --extra pdf --extra service --constraints requirements/core.txt --output-file requirements/service.txt
	$(COMPILE) --all-extras --constraints requirements/service.txt --output-file requirements/all.txt

.PHONY: clean
clean: ## remove all that was built, the environment too
	rm -rf .venv .venv-bench build demo nuzuh.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

COMPILE = "$(UV)" pip compile pyproject.toml --group build --quiet --universal --fork-strategy fewest \
	--generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links $(LOCK)

# What a lock installs is there as long as the stamp is newer than all that decides it.
.venv/.core: requirements/core.txt pyproject.toml scripts/venv
	@scripts/venv $<
	@touch $@

.venv/.service: requirements/service.txt pyproject.toml scripts/venv
	@scripts/venv $<
	@touch .venv/.core $@

.venv/.all: requirements/all.txt pyproject.toml scripts/venv
	@scripts/venv $<
	@touch .venv/.core .venv/.service $@
