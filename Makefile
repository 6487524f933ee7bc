# Everything a newcomer runs. `make app` and `make test` need only Python 3.11+, git and make.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin

.PHONY: help app test test-fast lint bench stress lock clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

app: .venv/runtime  ## install what the app needs and open it on port 8501
	$(BIN)/streamlit run server.py --server.port $(PORT)

test: .venv/dev lint  ## install what the tests need (a Chromium and a PostgreSQL included) and run them all
	sh tests/browser/install_chromium.sh
	sh tests/library/install_postgresql.sh
	sh tests/deploy/install_nginx.sh
	$(BIN)/python -m pytest

test-fast: .venv/dev  ## run the tests that need no browser, PostgreSQL or training, and take no long
	$(BIN)/python -m pytest -m "not browser and not postgresql and not training and not slow"

lint: .venv/dev  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/dev  ## measure speed and memory on the shared videos
	$(BIN)/python -m bench

stress: .venv/dev  ## look for files that break readers, kill workers, and let ten visitors work: about half an hour
	$(BIN)/python -m tests.stress fuzz --minutes 10
	$(BIN)/python -m tests.stress kills --rounds 3
	$(BIN)/python -m tests.stress soak --analyses 30

lock: .venv/dev  ## compile requirements*.txt from requirements*.in
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header requirements-ray.in -o requirements-ray.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header requirements-dev.in -o requirements-dev.txt

clean:  ## remove what was installed and cached
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "expected Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version)" >&2; exit 2; }
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt | .venv/bin/python
	$(BIN)/pip install --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt requirements-ray.txt .venv/runtime
	$(BIN)/pip install --disable-pip-version-check -r requirements-dev.txt
	@touch $@
