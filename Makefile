# Everything a person does here, a line each. The first target lists them.
PYTHON ?= python3
PORT ?= 9229
USERS ?= 500
BIN := .venv/bin
export COGNITO_SANDBOX ?= $(CURDIR)/runs/sandbox.sqlite

.PHONY: help run lab desk sandbox campaign-practice verify-aws test fuzz bench bench-diagnosis peers notebooks lock pictures dist site site-test clean
.DEFAULT_GOAL := help

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run  ## one reset in the sandbox, from the request to the proof, by papermill
	@$(BIN)/python -m helpers first-run

lab: .venv/run  ## JupyterLab on the start notebook; all notebooks share one sandbox (ARGS="--port 8889")
	@$(BIN)/python -m helpers lab $(ARGS)

desk: .venv/run  ## the desk, for the person on the phone: one page without code (ARGS="--port 8866")
	@$(BIN)/python -m helpers desk $(ARGS)

sandbox: .venv/run  ## the sandbox on http://127.0.0.1:9229 (PORT=... ARGS="--allow-origin ..."), for the AWS CLI and other SDKs
	@mkdir -p runs && chmod 700 runs
	@$(BIN)/python -m helpers sandbox --port $(PORT)$(if $(ARGS), $(ARGS))

campaign-practice: .venv/run  ## 500 practice users in trouble, to rehearse a campaign on (USERS=...)
	@$(BIN)/python -m helpers campaign-practice --users $(USERS)

verify-aws: .venv/test  ## what the sandbox claims, held against AWS by your credentials (ARGS="--region eu-west-1")
	@env -u COGNITO_SANDBOX $(BIN)/python -m tests.sandbox.verify_aws $(ARGS)

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

bench-diagnosis: .venv/test  ## how often a diagnosis by words alone is right, on phrases it never reads
	$(BIN)/python -m tests.bench_diagnosis

peers: .venv/test  ## the suites of papermill, nbclient and jupyter_kernel_test, on our engine
	env -u COGNITO_SANDBOX $(BIN)/python -m tests.peers $(ARGS)

notebooks: .venv/test  ## run the notebooks and store their outputs anew
	env -u COGNITO_SANDBOX $(BIN)/python -m tests.rebaseline

pictures: .venv/test  ## take the README's pictures anew, from JupyterLab
	env -u COGNITO_SANDBOX $(BIN)/python -m tests.pictures

lock: .venv/test  ## resolve requirements.lock anew from pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --all-extras --no-annotate --no-header --upgrade \
		pyproject.toml -o requirements.lock

dist: .venv/test  ## build the wheel and the source distribution into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .

site: .venv/site  ## build the web site that runs the notebooks in a browser tab, into build/site
	$(BIN)/python docs/site/build.py

site-test: site  ## the site's tests in Chromium, and every lesson of it, with how long each takes
	env -u COGNITO_SANDBOX $(BIN)/pytest tests/browser/test_site.py
	env -u COGNITO_SANDBOX $(BIN)/python -m tests.browser.site

clean:  ## remove the environment, what was built, and what runs have left
	rm -rf .venv runs build dist *.egg-info

define CHECK
import sys
said = ("$(PYTHON)",) + sys.version_info[:2]
if not (3, 11) <= said[1:] <= (3, 14):
    sys.exit("%s is Python %d.%d, but 3.11 to 3.14 is needed: install one (on Debian: apt install"
        " python3.12-venv), and say which: make run PYTHON=python3.12" % said)
try:
    import ensurepip, venv
except ImportError:
    sys.exit("%s cannot make an environment: install its venv (on Debian: apt install"
        " python%d.%d-venv), and run make again" % said)
endef
export CHECK

# An environment that comes to nothing is not left behind; one that was there before is.
.venv/run: pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here: install Python 3.11 to 3.14" \
		"(on Debian: apt install python3-venv), or say where one is: make run PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c "$$CHECK"
	@rm -rf *.egg-info  # of the build backend before this one; it would be taken for what is installed
	@echo "Making the environment in .venv (once; about half a minute) ..."
	@made=; [ -e .venv ] || made=.venv; \
	trap '[ -z "$$made" ] || rm -rf "$$made"' EXIT; trap 'exit 1' INT TERM; \
	$(PYTHON) -m venv .venv \
		&& $(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c requirements.lock -e '.[lab,fast]' \
		&& touch $@ && made=

.venv/test: .venv/run
	@echo "Adding what the tests need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c requirements.lock -e '.[lab,fast,test]'
	@touch $@

.venv/site: .venv/test
	@echo "Adding what the site needs ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c requirements.lock -e '.[lab,fast,site,test]'
	@touch $@
