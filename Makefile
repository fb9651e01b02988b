# Both targets work alone on a fresh clone: they make the environment first.
.PHONY: quick test slow check clean

# The first interpreter that the project supports and that can make environments.
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
	$$p -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
	2>/dev/null && command -v $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# One process per core, each with one thread.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

quick: $(VENV)/installed
	$(BIN)/bench run quick

test: $(VENV)/installed-dev check
	$(PYTEST)

slow: $(VENV)/installed-dev
	$(PYTEST) -m slow

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "usbench needs Python 3.11 or 3.12 with venv; set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV) runs build dist *.egg-info
