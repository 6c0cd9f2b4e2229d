# v8inspect: `make test` is the gate, `make demo` the tour. `make help` lists the targets.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
# pyenv's shims answer for versions that are not installed, so ask the interpreter itself.
PY39   := $(firstword $(foreach p,$(wildcard $(HOME)/.pyenv/versions/3.9.*/bin/python3.9) \
            $(shell command -v python3.9 2>/dev/null),\
            $(shell $(p) -c 'import sys; print(sys.executable)' 2>/dev/null)))
VENV39 := .venv39
# Not in requirements-dev.txt: 90 MB that only `make wheels` needs.
ZIG    := ziglang==0.17.1
SUDO   := $(shell [ "$$(id -u)" = 0 ] || command -v sudo 2>/dev/null)

# Debian names. gdb and lldb-19 serve the front-end tests; libc6-dev the compiler; qemu those of
# arm64. wine (650 MB) is for `make test-windows` alone.
APT    := gcc libc6-dev python3-venv gdb lldb-19 python3-lldb-19 qemu-user-static
WINE   := wine wine64
C      := $(wildcard csrc/*.c csrc/*.h tests/native/*.c tests/provision/*/*.c)
WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror

.PHONY: help deps venv build test test-all lint lint-python lint-floor lint-c format \
        unit unit39 dumps frontends zig test-windows bench demo wheel wheels clean

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

deps:  ## Debian packages that the tests need (skips what is there)
	@missing=""; for p in $(APT); do \
	  dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then echo "deps: all present ($(APT))"; \
	elif ! command -v apt-get >/dev/null; then \
	  echo "deps: no apt-get here; please install:$$missing"; \
	elif [ "$$(id -u)" != 0 ] && [ -z "$(SUDO)" ]; then \
	  echo "deps: neither root nor sudo; please install:$$missing"; exit 1; \
	else echo "deps: installing$$missing"; \
	  $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends \
	    $$missing >/dev/null && echo "deps: done"; fi

venv: $(VENV)/.done  ## .venv with the pinned tools and this tree (editable)

$(VENV)/.done: requirements-dev.txt pyproject.toml setup.py csrc/build.py
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 10), "the tools need Python 3.10+"'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

build: venv  ## compile the scanner in place (v8inspect/scan/_v8scan.so)
	@$(PY) csrc/build.py

test: deps venv build lint unit unit39 dumps frontends  ## the gate: everything but the long runs

test-all: test  ## also the slow tests and the other LLDBs
	$(PY) -m pytest -q -m slow tests

lint: lint-python lint-floor lint-c  ## ruff, mypy --strict, Python 3.9 floor, C warnings and format

lint-python: build
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# Annotations are strings everywhere (`from __future__ import annotations`), so not evaluated.
lint-floor: venv
	$(VENV)/bin/vermin --quiet --no-tips --violations --target=3.9- --no-parse-comments \
	  v8inspect gdb_plugin lldb_plugin

lint-c: venv
	$(VENV)/bin/clang-format --dry-run -Werror $(C)
	@for f in csrc/*.c; do \
	  $${CC:-cc} -std=c11 -O2 -fsyntax-only $(WARN) $$f || exit 1; done

format: venv  ## rewrite Python and C in the project's style
	$(VENV)/bin/ruff check --fix -q . ; $(VENV)/bin/ruff format -q .
	$(VENV)/bin/clang-format -i $(C)

unit: build  ## tests on synthetic memory, no dumps, no debuggers
	$(PY) -m pytest -q -m "not slow" tests/unit tests/arch

unit39:  ## the same under a real Python 3.9, where there is one
ifeq ($(PY39),)
	@echo "unit39: skipped, no python3.9 in PATH or ~/.pyenv/versions"
else
	@if [ ! -e $(VENV39)/.done ] || [ requirements-dev.txt -nt $(VENV39)/.done ]; then \
	  $(PY39) -m venv $(VENV39) && \
	  $(VENV39)/bin/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt && \
	  touch $(VENV39)/.done; fi
	@$(VENV39)/bin/python csrc/build.py >/dev/null
	$(VENV39)/bin/python -m pytest -q -m "not slow" -p no:cacheprovider tests/unit
endif

dumps: build  ## tests on real core dumps (fetches Node.js once, cached outside the tree)
	$(PY) -m pytest -q -m "not slow" $(wildcard tests/dumps tests/stacks tests/golden tests/native tests/fuzz)

frontends: build deps  ## the same commands in the shell, gdb and lldb
	$(PY) -m pytest -q -m "not slow" tests/frontends

zig: venv  # a compiler for every platform
	@$(PY) -c 'import ziglang' 2>/dev/null || \
	  $(PY) -m pip install -q --disable-pip-version-check $(ZIG)

test-windows: build zig  ## node.exe in wine: fresh dumps, looked at with everything; C tests
	@$(MAKE) --no-print-directory deps APT="$(APT) $(WINE)"
	$(PY) -m pytest -q tests/dumps/test_windows_fresh.py tests/native/test_hosts.py

bench: build  ## speed and memory, written to docs/performance.md
	$(PY) -m tests.bench

demo:  ## crash a small leaking server and look at its core
	@$(PYTHON) tools/demo/demo.py

wheels: zig  ## dist/: a wheel for each platform, cross-compiled with zig (PyPI's ziglang)
	$(PY) tools/wheels.py

wheel: venv  ## dist/v8inspect-*-py3-none-*.whl
	$(PY) -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w dist .

clean:  ## what was built
	rm -rf build dist *.egg-info v8inspect/scan/_v8scan.* v8inspect/scan/_prototypes.py \
	  v8inspect/scan/_v8scan_cffi.py
