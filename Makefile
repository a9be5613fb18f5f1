# `make` alone lists the targets. Set-up happens by itself, once, into .venv.

SCENARIO ?= pbs/single_pulse
ARGS ?=
export SCENARIO

PYTHON_VENV := .venv/bin/python
OPTOSPICE := .venv/bin/optospice

.DEFAULT_GOAL := help
.PHONY: help run-scenario test lint reproduce regress bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'ARGS="..." is handed on as it stands, for example'
	@echo "  make run-scenario SCENARIO=pbs/paired_pulse ARGS='--set parameters.r3=\"30 Mohm\"'"

run-scenario: .venv/.ready ## run SCENARIO (pbs/single_pulse); results go to results/
	@exec $(OPTOSPICE) run "$$SCENARIO" $(value ARGS)

test: .venv/.ready-dev ## run all tests, in parallel
	@exec $(PYTHON_VENV) -m pytest -n logical --maxprocesses 8 $(value ARGS)

lint: .venv/.ready-dev ## ruff (rules and format) and mypy
	$(PYTHON_VENV) -m ruff check .
	$(PYTHON_VENV) -m ruff format --check .
	$(PYTHON_VENV) -m mypy

reproduce: .venv/.ready ## run every published experiment of both papers, write docs/reproduction.md
	@exec $(OPTOSPICE) reproduce --out docs $(value ARGS)

regress: .venv/.ready ## hold every scenario against its targets and its golden
	@exec $(OPTOSPICE) regress $(value ARGS)

bench: .venv/.ready-bench ## time optospice against named alternatives, into benchmarks/results.md
	@exec $(PYTHON_VENV) -m benchmarks $(value ARGS)

clean: ## remove .venv, builds and caches; results/ stays
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# The stamp holds the folder it was made in: a moved checkout is set up again.
ifneq ($(file <.venv/.ready),$(CURDIR))
.PHONY: .venv/.ready
endif

.venv/.ready: pyproject.toml scripts/setup.sh
	@scripts/setup.sh
	@printf '%s\n' '$(CURDIR)' > $@

.venv/.ready-dev: .venv/.ready
	@scripts/setup.sh test,lint
	@touch $@

.venv/.ready-bench: .venv/.ready
	@scripts/setup.sh bench
	@touch $@
