# One recipe per thing a person or CI does. `make` lists them.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DEMO   ?= .flagstone
# Whose questions `make bench` asks: of the products that have any, those that `make demo` builds.
# With the corpus of `make corpus`, PRODUCTS= asks them all.
PRODUCTS ?= postgresql git docker

.DEFAULT_GOAL := help
.PHONY: help demo corpus test lint types layers unit slow serve bench bench-scale clean reliability sbom audit

help: ## list the recipes
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Flagstone needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

.PHONY: tools
tools: ## the programs of the machine that are needed besides Python: mandoc
	@command -v mandoc >/dev/null || { \
	  command -v apt-get >/dev/null || { echo "Install mandoc with your package manager (brew install mandoc)."; exit 1; }; \
	  SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq mandoc; }

.PHONY: browser
browser: ## a Chromium, for the tests of the web page
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  command -v apt-get >/dev/null || { echo "Install Chromium, or: $(BIN)/playwright install chromium"; exit 1; }; \
	  SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }

demo: tools $(BIN)/.installed ## install, build a small real corpus, catch an invented flag, ask what is right
	$(BIN)/flagstone build --data $(DEMO) postgresql git docker@20.10 docker@26.1 docker@28.5
	@# It exits with 1 because the flag is invented: that is what is to be shown.
	$(BIN)/flagstone validate --data $(DEMO) "pg_dump --skip-table-data=audit_log shop" --version 13; test $$? -eq 1
	$(BIN)/flagstone context --data $(DEMO) "skip the data of one table when dumping" --product postgresql --version 13

corpus: tools $(BIN)/.installed ## build everything that the registries serve (an hour or so; some 10 GB)
	$(BIN)/flagstone build --data $(DEMO)

serve: tools $(BIN)/.installed ## answer over HTTP from the demo corpus, on 127.0.0.1:8600
	$(BIN)/flagstone serve --data $(DEMO)

test: tools $(BIN)/.installed lint types layers unit ## everything that must pass, offline

lint types layers unit: $(BIN)/.installed

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

layers:
	$(BIN)/lint-imports

unit:
	$(BIN)/pytest -m "not network and not slow"

slow: tools browser $(BIN)/.installed ## the slower tests: kills, real registries, a whole corpus
	$(BIN)/pytest -m "network or slow"

reliability: tools $(BIN)/.installed ## the long run: faults, ten minutes of load, 10,000 hostile requests
	RELIABILITY_KILLS=20 RELIABILITY_CYCLES=100 RELIABILITY_BUILDS=10 RELIABILITY_HOSTILE=10000 \
	  RELIABILITY_SECONDS=$${RELIABILITY_SECONDS:-600} $(BIN)/pytest tests/reliability -s

sbom: $(BIN)/.installed ## write sbom.json: every package that is installed (CycloneDX)
	$(PYTHON) -m venv $(VENV)-tools && $(VENV)-tools/bin/pip install --quiet 'cyclonedx-bom>=7'
	$(VENV)-tools/bin/cyclonedx-py environment --output-reproducible -o sbom.json $(BIN)/python

audit: ## look the pinned packages up in a database of known vulnerabilities (needs the internet)
	$(PYTHON) -m venv $(VENV)-tools && $(VENV)-tools/bin/pip install --quiet 'pip-audit>=2.9'
	$(VENV)-tools/bin/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

bench: $(BIN)/.installed ## the retrieval benchmark on the demo corpus: ours beside the baselines
	$(BIN)/python -m eval.retrieval --data $(DEMO) $(if $(strip $(PRODUCTS)),--products $(PRODUCTS)) \
	  --json $(DEMO)/retrieval.json --chart $(DEMO)/retrieval.svg

bench-scale: $(BIN)/.installed ## latency and memory against the size of the index; SIZES=10000,100000
	$(BIN)/python -m eval.scale --data $(DEMO) --sizes $${SIZES:-10000,100000} --clients 1,8,32 \
	  --json $(DEMO)/scale.json --chart $(DEMO)/scale.svg

clean: ## remove the environment and the demo corpus
	rm -rf $(VENV) $(VENV)-tools $(DEMO) sbom.json
