# What to run is in README.md. Every target sets up what it needs first; the second time that takes a second.

PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
MENU = $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/applications
READY := $(PYTHON) packaging/prepare.py

.DEFAULT_GOAL := help
.PHONY: help app test tools lint types contracts unit gui e2e long bench bench-engine soak format screenshots versions menu clean

# Nothing is drawn on a screen here; `app` alone opens a window.
test unit gui e2e long bench screenshots: export QT_QPA_PLATFORM = offscreen

help:
	@echo "make app          set up, and open the window (or run the demonstration where there is no display)"
	@echo "make test         set up, and run everything that must hold: lint, types, contracts, unit, gui, e2e"
	@echo "make lint | types | contracts | unit | gui | e2e     one part of it"
	@echo "make long         the long forms of fuzz, soak and fault runs"
	@echo "make bench        the benchmarks; they print their figures"
	@echo "make bench-engine the engine beside its peers alone"
	@echo "make soak         500 turns of talk with stops, swipes, edits and other models"
	@echo "make format       put the code into the project's form"
	@echo "make screenshots  draw the pictures of the documents anew"
	@echo "make menu         put charstudio into this user's desktop menu (Linux)"
	@echo "make versions     note the installed versions as the tested ones"
	@echo "make clean        remove what the tools left (.venv stays)"

app:
	@$(READY) open

tools:
	@$(READY) test

test: lint types contracts
	$(PYTEST) -m "not long" tests

lint: tools
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: tools
	$(BIN)/mypy
	$(BIN)/mypy packaging/prepare.py packaging/machine.py

contracts: tools
	$(BIN)/lint-imports

unit gui e2e: tools
	$(PYTEST) -m "not long" tests/$@

long: tools
	$(PYTEST) -m long --timeout=0 tests

bench-engine: tools
	$(BIN)/python -m tests.benchmarks.bench_engine

soak: tools
	$(BIN)/python -m tests.benchmarks.soak_engine

bench: tools
	@set -e; for file in tests/benchmarks/bench_*.py; do echo "== $$file"; \
	  $(BIN)/python -m tests.benchmarks.$$(basename $$file .py); done

format: tools
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

screenshots: tools
	$(BIN)/python packaging/screenshots.py

versions: tools
	@head -n 2 packaging/tested-versions.txt > .make-versions
	@$(BIN)/pip freeze --exclude-editable --exclude torch --exclude setuptools --exclude wheel --exclude pip >> .make-versions
	@mv .make-versions packaging/tested-versions.txt

menu:
	@$(READY) app
	@mkdir -p "$(MENU)"
	@sed 's|@ROOT@|$(CURDIR)|' packaging/charstudio.desktop > "$(MENU)/charstudio.desktop"
	@echo "charstudio: $(MENU)/charstudio.desktop"

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find charstudio tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +
