# Every command of the project. `make app` and `make test` need only Python 3.11+, git and make.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin

.PHONY: help app test test-fast coverage lint format hooks wheel bench stress audit default-model pin-images lock clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

app: .venv/runtime  ## install what the app needs and open it on port 8501
	$(BIN)/python -m emotion app --port $(PORT)

test: .venv/dev lint  ## install what the tests need (a Chromium and a PostgreSQL included) and run them all
	sh tests/browser/install_chromium.sh
	sh tests/library/install_postgresql.sh
	sh tests/deploy/install_nginx.sh
	$(BIN)/python -m pytest

QUICK := --ignore=tests/browser --ignore=tests/training --hypothesis-profile=quick
FAST := -m "not browser and not postgresql and not training and not slow" $(QUICK)
MEASURED := -m "not browser and not postgresql and not training" $(QUICK)

test-fast: .venv/dev  ## run the quick tests in two minutes: no browser, PostgreSQL or training
	$(BIN)/python -m pytest $(FAST)

coverage: .venv/dev  ## run the quick and the slow tests and measure which lines they reach; the floor is in pyproject.toml
	$(BIN)/python -m pytest $(MEASURED) --cov --cov-report=term:skip-covered --cov-report=html

format: .venv/dev  ## format the code and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

hooks: .venv/dev  ## check style and types before each commit (needs pre-commit)
	pre-commit install

wheel: .venv/dev  ## build the package into dist/
	$(BIN)/python -m build --no-isolation

lint: .venv/dev  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/dev  ## measure speed and memory on the shared videos
	$(BIN)/python -m bench

stress: .venv/dev  ## search for files that break readers, kill workers, simulate ten visitors: half an hour
	$(BIN)/python -m tests.stress fuzz --minutes 10
	$(BIN)/python -m tests.stress kills --rounds 3
	$(BIN)/python -m tests.stress soak --analyses 30
	$(BIN)/python -m tests.stress visits

audit: .venv/dev  ## check the locked packages for known vulnerabilities (needs the internet) and list their licences
	$(BIN)/python deploy/audit.py

SHARED ?= ../shared/data

default-model: .venv/dev  ## train, export and score the default model from the data sets in SHARED: hours; needs npm
	BIN=$(BIN) sh training/default_model.sh $(SHARED)

pin-images:  ## write the digests of the images' tags into deploy/ (needs the images' registries)
	$(PYTHON) deploy/pin_images.py

lock: .venv/dev  ## compile requirements*.txt from requirements*.in
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header requirements-ray.in -o requirements-ray.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header requirements-dev.in -o requirements-dev.txt

clean:  ## remove what was installed and cached
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis dist htmlcov .coverage*

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "expected Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version)" >&2; exit 2; }
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt | .venv/bin/python
	$(BIN)/pip install --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt requirements-ray.txt .venv/runtime
	$(BIN)/pip install --disable-pip-version-check -r requirements-dev.txt
	@touch $@
