# Everything a person does here, a line each. The first target lists them.
PYTHON ?= python3
BIN := .venv/bin
export COGNITO_SANDBOX ?= $(CURDIR)/runs/sandbox.sqlite

.PHONY: help run lab sandbox test fuzz bench notebooks lock pictures clean
.DEFAULT_GOAL := help

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run  ## one reset in the sandbox, from the request to the proof, by papermill
	@$(BIN)/python -m helpers first-run

lab: .venv/run  ## JupyterLab on the start notebook; all notebooks share one sandbox
	@mkdir -p runs/lab && chmod 700 runs
	@ls runs/lab/*.jupyterlab-workspace >/dev/null 2>&1 || cp .jupyter/workspaces/* runs/lab
	COGNITO_RESET_RUNS=$(CURDIR)/runs $(BIN)/jupyter lab --LabApp.app_settings_dir=$(CURDIR)/.jupyter --LabApp.workspaces_dir=$(CURDIR)/runs/lab \
		--ServerApp.root_dir=$(CURDIR)/notebooks --LabApp.default_url=/lab/tree/00-start-here.ipynb

sandbox: .venv/run  ## the sandbox on http://127.0.0.1:9229, for the AWS CLI and other SDKs
	@mkdir -p runs && chmod 700 runs
	@$(BIN)/python -m helpers sandbox

test: .venv/test  ## lint, types, unit tests, notebooks, headless runs, browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	env -u COGNITO_SANDBOX -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n auto \
		--nbval --nbval-current-env --nbval-cell-timeout 120 tests notebooks

fuzz: .venv/test  ## the tests that hypothesis feeds, with fifty times as many inputs, new ones each time
	env -u COGNITO_SANDBOX FUZZ=$${FUZZ:-50} $(BIN)/pytest -n auto -m hypothesis tests

bench: .venv/test  ## speed, as ratios measured side by side
	env -u COGNITO_SANDBOX $(BIN)/python -m tests.bench

notebooks: .venv/test  ## run the notebooks and store their outputs anew
	env -u COGNITO_SANDBOX $(BIN)/python -m tests.rebaseline

pictures: .venv/test  ## take the README's pictures anew, from JupyterLab
	env -u COGNITO_SANDBOX $(BIN)/python -m tests.pictures

lock: .venv/test  ## resolve requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --all-extras --no-annotate --no-header --upgrade \
		pyproject.toml -o requirements.lock

clean:  ## remove the environment and what runs have left
	rm -rf .venv runs build *.egg-info

.venv/run: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed; say which: make run PYTHON=python3.12"; exit 1; }
	@echo "Making the environment in .venv (once; about half a minute) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c requirements.lock -e .
	@touch $@

.venv/test: .venv/run
	@echo "Adding what the tests need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c requirements.lock -e '.[test]'
	@touch $@
