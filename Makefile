# make demo    plays the chain and leaves out/demo/report.html
# make test    every check; the same that .ci/run runs
# make bench   our wires beside their peers; leaves out/bench.json
# PYTHON=python3.12 make demo   picks the interpreter (3.11 or newer)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two runs of pip in one environment would spoil it.
.NOTPARALLEL:

DEFINITION := setup.cfg pyproject.toml Makefile
version = $(shell $(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
# An interpreter that was named replaces an environment that another one made.
NAMED := $(if $(filter file default undefined,$(origin PYTHON)),,yes)
OTHER := $(if $(NAMED),$(if $(filter $(call version,$(PYTHON)),$(call version,$(BIN)/python)),,again))

.PHONY: help demo test bench services again

help:
	@sed -n 's/^# make/make/p; s/^# PYTHON/PYTHON/p' Makefile

demo: $(VENV)/installed
	$(BIN)/dsmrlab run scenarios/files/sociale_module.yaml --report out/demo

test: $(VENV)/installed-test services
	$(BIN)/python -m black --check .
	$(BIN)/python -m isort --check .
	$(BIN)/python -m flake8
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest

bench: $(VENV)/installed-test
	$(BIN)/python -m tests.bench

$(BIN)/python: $(OTHER)
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "dsmrlab needs Python 3.11 or newer; '$(PYTHON)' is $(or $(call version,"$(PYTHON)"),not there)." \
			"Name one: PYTHON=python3.12 make $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		$(call apt,python$(call version,"$(PYTHON)")-venv,Python's module venv)
	@rm -rf $(VENV) && "$(PYTHON)" -m venv $(VENV)

$(VENV)/installed: $(DEFINITION) $(OTHER) | $(BIN)/python
	@test -e $(VENV)/installed-test || $(call install,-e .)
	@touch $@

$(VENV)/installed-test: $(DEFINITION) $(OTHER) | $(BIN)/python
	@$(call install,-e '.[test]')
	@touch $@ $(VENV)/installed

# PostgreSQL, on which the head-end's store is tested too; without it those tests say so and skip.
services:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
		$(call apt,postgresql,PostgreSQL) || true

# $(call install,WHAT): pip, again when the network hiccups.
define install
{ for pause in 2 8 20 0; do \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 5 $(1) && exit 0; \
	if [ $$pause -gt 0 ]; then echo "pip failed; again in $$pause s" >&2; sleep $$pause; fi; \
done; exit 1; }
endef

# $(call apt,PACKAGE,WHAT IT IS): quietly, as root or through sudo; else says what to install.
define apt
{ as=; if [ "$$(id -u)" != 0 ]; then as="sudo -n"; fi; \
run() { $$as env DEBIAN_FRONTEND=noninteractive \
	apt-get -qq -o Acquire::Retries=3 "$$@" </dev/null >/dev/null; }; \
add() { run install -y --no-install-recommends $(1); }; \
command -v apt-get >/dev/null && $$as true 2>/dev/null && \
	echo "installing $(1)" >&2 && { add 2>/dev/null || { run update && add; }; } || \
	{ echo "$(2) is missing and could not be installed (Debian: apt-get install $(1))" >&2; false; }; }
endef
