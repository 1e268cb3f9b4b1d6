# Every target makes what it needs: a virtual environment in .venv, from the lock, with nothing but git, make
# and Python 3.11 or later on the machine.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.ONESHELL:
MAKEFLAGS += --no-builtin-rules

# The first Python that is new enough; `make PYTHON=/path/to/python …` chooses another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
READY := $(VENV)/.ready
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

TESTS ?= tests
# Together these take every branch of what `include` of [tool.coverage.run] in pyproject.toml names.
COVERING ?= tests/test_store*.py tests/test_git_command.py tests/test_git_config.py tests/test_early_look.py tests/test_presence.py tests/test_redo.py tests/test_export_consent.py tests/test_seals.py tests/test_merkle.py \
	tests/test_canonical.py tests/test_verify*.py tests/faults/test_tamper.py tests/faults/test_verify_disk.py \
	tests/faults/test_writers.py tests/test_apply_remote.py tests/test_migrate.py tests/test_delta.py tests/test_following.py \
	tests/test_index_making.py tests/test_spilling.py tests/test_reading_by_index.py tests/test_lookup.py tests/test_log.py tests/test_shards.py \
	tests/scenarios/test_config.py tests/scenarios/test_order_locks.py tests/scenarios/test_order_returns.py \
	tests/scenarios/test_seals_from_apply.py tests/scenarios/test_versions.py
WORKERS ?= 2

.PHONY: help run test check format docs bench test-slurm soak coverage lock clean
help: ## what can be made (the default)
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

run: $(READY) ## the main job: the example lab's descriptions become records
	@snakemake --cores all --quiet all || {
	    echo "each line above that ends in a [code] says what to mend; where there is none, '$(VENV)/bin/snakemake --cores all' says more" >&2
	    exit 1
	}
	git -C records log -1 --date=short --format='records/ stands at %h of %cd: %s'

test: $(READY) ## the tests, without the long ones
	@pytest -q -n $(WORKERS) --dist worksteal $(TESTS)

check: $(READY) ## linters, formatters and types
	@ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile rules workflow
	snakemake --lint

format: $(READY) ## lay out the code
	@ruff format .
	ruff check --fix .
	snakefmt Snakefile rules workflow

docs: $(READY) ## the generated pages of docs/reference/, and all of docs/ as a site in site/
	@python docs/generate
	python -c 'import mkdocs' 2>/dev/null || python -m pip install --quiet '.[docs]'
	mkdocs build --strict --quiet

bench: $(READY) ## measurements against peers and against the floor, into docs/scale.md
	@pip install --quiet --editable '.[bench]'
	python bench/measure.py

test-slurm: $(READY) ## a lab on a Slurm of this machine alone, from Debian's packages (as root)
	@pip install --quiet --editable '.[slurm]'
	bash tests/slurm/run

soak: $(READY) ## the long tests: kills, races, tampering
	@export SEQMETA_TEST_PROFILE=soak
	pytest -q -n $(WORKERS) -m soak $(TESTS)

coverage: $(READY) ## branches of store, seal and verify that no test takes: fails if there are any (some ten minutes)
	@pip install --quiet --editable '.[coverage]'
	coverage erase
	nice coverage run -m pytest -q -n $(WORKERS) --dist worksteal $(COVERING)
	coverage combine --quiet
	coverage report --show-missing --skip-covered --fail-under=100

lock: ## make requirements.lock anew from pyproject.toml, from the public index alone
	@python="$(PYTHON)"; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT
	"$$python" -m venv "$$dir/venv"
	"$$dir/venv/bin/pip" install -q uv
	env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	    UV_CUSTOM_COMPILE_COMMAND="make lock" \
	    "$$dir/venv/bin/uv" pip compile --no-config --quiet --upgrade --universal --python-version 3.11 \
	    --extra dev --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	    --output-file requirements.lock pyproject.toml

clean: ## remove what was made, but never the records
	@rm -rf $(VENV) .snakemake .seqmeta results logs build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then
	    echo "seqmeta needs Python 3.11 or later, and found none: install it, or say 'make PYTHON=/path/to/python …'" >&2
	    exit 1
	fi
	echo "setting up $(VENV), once: this takes about a minute" >&2
	[ -x "$(BIN)/python" ] || "$(PYTHON)" -m venv $(VENV)
	# The lock names everything that is needed: nothing is left to resolve.
	"$(BIN)/python" -m pip install --quiet --use-pep517 --no-deps --require-hashes -r requirements.lock
	"$(BIN)/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(READY)
