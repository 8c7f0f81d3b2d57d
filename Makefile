# Each target sets up what it needs: the virtual environment, the locked packages, for tests a browser.
# `make help` lists them.

PORT ?= 8501
ADDRESS ?= $(or $(STREAMLIT_SERVER_ADDRESS),127.0.0.1)
WORKERS ?= 2
SEED ?= 1
N ?= 1
PY := .venv/bin/python

# The gateway is reachable from where the pages are.
GATEWAY_ADDRESS ?= $(ADDRESS)

export PORT GATEWAY_ADDRESS
# Where keeping compiled modules is forbidden, each of our processes compiles them all anew: half a second and more.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-postgres check lint types layers style wheels bench sim drill lock upstox runtime tools

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

run: runtime ## Start Kagaz on PORT (8501), reachable from this machine; ADDRESS=0.0.0.0 opens it
	exec .venv/bin/streamlit run app.py --server.port "$(PORT)" --server.address "$(ADDRESS)"

SPREAD = $(PY) -m pytest -n $(WORKERS) --dist loadfile
# Of what ARGS picks a part may have nothing, which pytest tells by 5.
OR_NONE = $(if $(ARGS),|| [ $$? = 5 ])

# Browsers by themselves, and what kills a whole Kagaz alone: a starved one proves nothing.
ALONE = tests/drill/test_drill.py

test: tools ## Run all tests, those in a browser too; ARGS="-k …" or ARGS=tests/desk picks some
	.ci/browser
ifneq (,$(filter tests%,$(ARGS)))
	$(PY) -m pytest $(ARGS)
else
	$(SPREAD) --ignore=tests/browser --ignore=$(ALONE) $(ARGS) $(OR_NONE)
	$(SPREAD) tests/browser $(ARGS) $(OR_NONE)
	$(PY) -m pytest $(ALONE) $(ARGS) $(OR_NONE)
endif

test-postgres: tools ## Run the tests of database and desk on the system's own Postgres
	KAGAZ_PG_BIN="$$(.ci/postgres)" $(SPREAD) tests/db tests/desk $(ARGS)

check: lint types layers style wheels ## Lint, types, layers, house style, and wheels for each Python

lint: tools
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: tools
	.venv/bin/mypy

layers: tools
	.venv/bin/lint-imports

style: tools
	$(PY) -m pytest -q tests/style

wheels: tools
	$(PY) .ci/wheels.py

bench: tools ## Measure speed: one JSON object a line
	@$(PY) -m bench $(ARGS)

sim: tools ## Simulate traders, faults and crashes from SEED
	$(PY) -m tests.simulation --seed $(SEED) $(ARGS)

drill: tools ## Kill real processes N times and check the books after each
	$(PY) -m tests.drill -n $(N) $(ARGS)

lock: ## Write requirements*.txt anew from requirements*.in
	.ci/lock

upstox: runtime ## Install the vendor's client that a live market of Upstox needs
	@.ci/upstox

runtime:
	@.ci/venv requirements.txt

tools:
	@.ci/venv requirements.txt requirements-dev.txt
	@.ci/upstox
