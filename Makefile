# Needs make and Python 3.11 or newer, nothing else: everything is installed into .venv, from the locks.
# `make` alone lists what there is. ARGS= hands arguments on: make run ARGS='--root /tmp/goals'

.DEFAULT_GOAL := help

# The Python to make .venv with. Empty: the first of these that is new enough.
PYTHON ?=
CANDIDATES = python3 python3.13 python3.12 python3.11
ARGS ?=
# What Python and pytest would read as they start: a folder in PYTHONPATH, PYTHONOPTIMIZE, which takes asserts away.
unexport $(filter PYTHON% PYTEST%,$(.VARIABLES))
# How many processes run the tests; 0 is none but pytest itself. Two a core, since much of a test is waiting.
WORKERS ?= $(shell expr 2 \* `getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1`)

BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

# .venv/.place holds the folder that .venv was made for. A .venv that was moved or copied, lost its Python
# or was never finished is made anew: the stamps below then don't count. Compiled tests go with it, since
# they name the folder too.
ifneq "$(shell $(BIN)/python -I -c '' 2>/dev/null && cat .venv/.place 2>/dev/null)" "$(CURDIR)"
STALE = always
endif

SOURCES = $(wildcard store/*.py store/*/*.py tui/*.py tui/*/*.py tui/*/*/*.py)

# How much of the long trials is run: 1 is all of it, about half an hour.
SCALE ?= 1

.PHONY: help run demo test soak lint format bench lock clean always
always:

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s%s\n", $$1, $$2 }' Makefile

run: .venv/.run .venv/.compiled ## opens the console
	@$(BIN)/goalgate $(ARGS)

demo: .venv/.run .venv/.compiled ## opens the console on sample goals, in a palace that is thrown away afterwards
	@$(BIN)/goalgate --demo $(ARGS)

test: .venv/.dev .venv/.compiled ## runs the tests (ARGS='-k gate' some of them)
	@LC_ALL=C $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

soak: .venv/.dev .venv/.compiled ## attacks it for long, and prints what held (SCALE=0.2 a fifth of it)
	@LC_ALL=C SOAK_SCALE=$(SCALE) $(BIN)/python -m pytest tests/soak -o python_files='soak_*.py' \
	    -o python_functions='soak_*' -p no:xdist -s $(ARGS)

lint: .venv/.dev ## checks style, formatting, types and import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: .venv/.dev ## formats the code, and fixes what can be fixed safely
	@$(BIN)/ruff check --fix --exit-zero --quiet
	@$(BIN)/ruff format

bench: .venv/.dev .venv/.compiled ## runs tests/bench/bench_*.py, one at a time, and shows what they print
	@$(BIN)/python -m pytest tests/bench -o python_files='bench_*.py' -o python_functions='bench_*' \
	    -p no:xdist -s $(ARGS)

# Extras stay in the locks: pip takes `coverage` in one for no pin of the `coverage[toml]` that a package asks for, and
# refuses it as soon as there is a newer release.
lock: .venv/.place ## compiles the locks from pyproject.toml (ARGS=--upgrade takes newer releases)
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(BIN)/python -m venv "$$tools" && \
	"$$tools/bin/python" -m pip --disable-pip-version-check --no-input --quiet install uv && \
	compile() { \
	    "$$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	        --no-strip-extras --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	        $(ARGS) "$$@" pyproject.toml; \
	} && \
	compile --group build --output-file requirements.txt && \
	compile --group dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## removes .venv and everything else that was made here
	@rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@rm -rf .coverage .coverage.* htmlcov build dist *.egg-info snapshot_report.html
	@find store tui tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# What it takes to run. The tests' stamp covers it: their lock holds the same releases and more.
.venv/.run: requirements.txt pyproject.toml .venv/.place
	@echo "goalgate: installing what it needs into .venv (once, about a minute; again when the lock changes)"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.txt requirements.txt pyproject.toml .venv/.place
	@echo "goalgate: installing what it and its tests need into .venv (once, about a minute; again when the lock changes)"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch .venv/.run $@

# Python does this itself at the first start, unless it is told to write nothing (PYTHONDONTWRITEBYTECODE), as in many
# containers: then it would be done at each start, and take a quarter of it.
.venv/.compiled: $(SOURCES) .venv/.place
	@$(BIN)/python -m compileall -q store tui
	@touch $@

.venv/.place: $(STALE)
	@seen=; for name in $(if $(PYTHON),'$(PYTHON)',$(CANDIDATES)); do \
	    command -v "$$name" >/dev/null 2>&1 || continue; \
	    version=$$("$$name" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue; \
	    if ! "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	        seen="$$seen $$name is $$version."; continue; \
	    fi; \
	    if ! "$$name" -c 'import ensurepip, venv' 2>/dev/null; then \
	        seen="$$seen $$name $$version has no venv module (Debian: apt-get install python3-venv)."; continue; \
	    fi; \
	    echo "goalgate: making .venv with $$name $$version"; \
	    find tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null; \
	    "$$name" -m venv --clear .venv && printf '%s\n' "$(CURDIR)" > $@; exit; \
	done; \
	echo "goalgate: needs Python 3.11 or newer, with venv.$${seen:- No $(or $(PYTHON),python3) was found.}" >&2; \
	echo "goalgate: name another with: make PYTHON=/path/to/python3" >&2; \
	exit 1
