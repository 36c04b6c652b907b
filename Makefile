# `make` alone lists the targets. Everything is set up in .venv, nothing outside the checkout.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# requirements/ names each package that is installed, in one version and with its digests.
LOCKED := $(PIP) install --require-hashes --requirement
UV := $(VENV)/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command 'make lock'
# No byte code next to the sources, except what `make example` compiles.
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help example test suite newest lint golden docs generate man site editor prose bench fuzz \
	differential bundle lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

example: $(VENV)/.regspec ## compile examples/harbor-airgap.yaml into out/ and show the files
	$(BIN)/regspec compile examples/harbor-airgap.yaml
	@for file in values.yaml registry-secret.yaml containerd.toml; do \
		printf '\n==> out/%s <==\n' "$$file"; cat "out/$$file"; \
	done

test: lint suite ## run the linters and every test

suite: $(VENV)/.dev ## run every test, without the linters; PYTEST=OPTIONS chooses some
	$(BIN)/pytest --numprocesses auto $(PYTEST)

# The tests that use a dependency; tests/test_lock.py says which one uses which.
USING_DEPENDENCIES = tests/dialects/charts/test_helm.py \
	tests/dialects/cluster_api/test_kubeadm.py \
	tests/dialects/kubernetes/test_kubernetes.py \
	tests/dialects/runbook/test_runbook.py \
	tests/reading/test_readers.py \
	tests/test_authorities.py \
	tests/test_bundle.py \
	tests/test_document.py \
	tests/test_editors.py \
	tests/test_generated.py \
	tests/test_integrate.py \
	tests/test_lock.py \
	tests/test_packaging.py \
	tests/test_plain.py \
	tests/test_pre_commit.py \
	tests/test_sarif.py \
	tests/test_schema.py \
	tests/test_shell.py \
	tests/test_site.py

newest: $(VENV)/.dev ## run the tests that use a dependency with the newest release of each of them
	rm $(VENV)/.regspec $(VENV)/.dev # the next `make` installs what is locked
	$(PIP) install --upgrade --upgrade-strategy eager --group dev --editable '.[ca]'
	@echo "newest: $$($(BIN)/python -m pip list --format=freeze | tr '\n' ' ')"
	$(BIN)/pytest --numprocesses auto -m 'not slow' $(USING_DEPENDENCIES)

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

generate: $(VENV)/.dev ## rewrite the schema and compiler/generated.py, from their parts
	$(BIN)/python .ci/generate.py

man: $(VENV)/.dev ## write the man pages to out/man
	$(BIN)/python docs/man.py out/man

bench: $(VENV)/.dev $(VENV)/.peers ## measure regspec and its peers (BENCH=--help: how)
	$(BIN)/python -m benchmarks --peers $(VENV)/peers $(BENCH)

fuzz: $(VENV)/.dev ## change real specs, archives and nodes at random, RUNS times (100,000)
	REGSPEC_FUZZ_RUNS=$(or $(RUNS),100000) $(BIN)/pytest tests/test_fuzz.py tests/test_fuzz_nodes.py tests/test_archives.py \
		tests/test_generated.py tests/verifying/test_one_key_changes.py --numprocesses auto

lock: ## renew requirements/ with the newest releases; read the diff afterwards
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check --quiet install --upgrade uv
	mkdir -p requirements
	$(UV) pyproject.toml --extra ca --group dev --output-file requirements/dev.txt
	$(UV) pyproject.toml --group setup --constraint requirements/dev.txt \
		--output-file requirements/example.txt
	$(UV) --no-deps --group openshift --output-file requirements/openshift.txt

differential: $(VENV)/.dev ## play RUNS random nodes (2,000) from SEED (1) on with the real containerd
	REGSPEC_DIFFERENTIAL_RUNS=$(or $(RUNS),2000) REGSPEC_DIFFERENTIAL_SEED=$(or $(SEED),1) \
		$(BIN)/pytest tests/e2e/test_differential.py tests/e2e/test_random_specs.py

bundle: $(VENV)/.dev ## build dist/regspec-VERSION-airgap.tar.gz, for machines without a network
	$(BIN)/python .ci/bundle.py $(BUNDLE)

clean: ## remove what was made here
	rm -rf $(VENV) out build dist site *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'regspec needs Python 3.11 or later: make PYTHON=python3.11 ...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.regspec: $(VENV)/bin/python pyproject.toml requirements/example.txt
	$(LOCKED) requirements/example.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q compiler schemas templates
	@touch $@

$(VENV)/.dev: $(VENV)/.regspec requirements/dev.txt requirements/openshift.txt
	$(LOCKED) requirements/dev.txt
	$(LOCKED) requirements/openshift.txt --no-deps --upgrade --target $(VENV)/openshift
	@touch $@

# Other tools, apart from ours: each brings its own versions of what both need.
$(VENV)/.peers: $(VENV)/.dev
	$(PYTHON) -m venv --without-pip $(VENV)/peers
	$(PIP) --python $(VENV)/peers/bin/python install --group peers
	@touch $@
