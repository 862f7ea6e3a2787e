# SPDX-License-Identifier: GPL-2.0
#
# The front door.  It writes all results below build/.

# Pass variables of the command line to the program in the environment, so that no
# shell reads them.  Ignore variables of the environment, such as a KDIR for another
# project.
said = $(if $(findstring command line,$(origin $(1))),$(value $(1)))
export XENDMA_TREE	:= $(call said,TREE)
export XENDMA_XEN	:= $(call said,XEN)
export XENDMA_SERIES	:= $(call said,SERIES)
export XENDMA_SIGNOFF	:= $(call said,SIGNOFF)
export XENDMA_KDIR	:= $(call said,KDIR)
export XENDMA_OUT	:= $(call said,OUT)
export XENDMA_ARCH	:= $(call said,ARCH)
export XENDMA_UPSTREAM	:= $(call said,UPSTREAM)
export XENDMA_ONLY	:= $(call said,ONLY)
# CELLS= is the former name of CASES=.
export XENDMA_CASES	:= $(or $(call said,CASES),$(call said,CELLS))
export XENDMA_RECORD	:= $(call said,RECORD)
export XENDMA_PART	:= $(call said,PART)
export XENDMA_LIST	:= $(call said,LIST)
export XENDMA_DTB	:= $(call said,DTB)
export XENDMA_CONFIG	:= $(call said,CONFIG)
export XENDMA_CONSOLE	:= $(call said,CONSOLE)
export XENDMA_MEMORY	:= $(call said,MEMORY)
export XENDMA_LOAD	:= $(call said,LOAD)
export XENDMA_LOG	:= $(call said,LOG)
export XENDMA_KIT	:= $(call said,KIT)
export XENDMA_SEED	:= $(call said,SEED)
export XENDMA_SECONDS	:= $(call said,SECONDS)

# Do not export these variables, because make would expand their values.
VARIABLES := TREE XEN ARCH SERIES SIGNOFF KDIR OUT RECORD CASES CELLS UPSTREAM ONLY PART LIST
VARIABLES += DTB CONFIG CONSOLE MEMORY LOAD LOG KIT SEED SECONDS
unexport $(VARIABLES)

# A misspelt variable, or a path that a shell left empty, is not ignored.
given := $(foreach v,$(.VARIABLES),$(if $(findstring command line,$(origin $(v))),$(v)))
$(foreach v,$(filter-out $(VARIABLES) XENDMA_BUILD PYTHON3 MAKE% -%,$(given)),\
	$(error xen-dma: error: $(v)= is unknown: see make help and make help-all))
$(foreach v,$(filter KDIR OUT UPSTREAM DTB CONFIG LOG KIT,$(given)),\
	$(if $(value $(v)),,$(error xen-dma: error: $(v)= is empty: give a path)))

# Prefer the Python of Debian, which has pytest of Debian.
PYTHON3	= $(firstword $(wildcard /usr/bin/python3) python3)
PYTHON	= PYTHONPATH=tools PYTHONDONTWRITEBYTECODE=1 $(PYTHON3)
XENDMA	= $(PYTHON) -m xendma
BUILD	= $${XENDMA_BUILD:-build}
PYTEST	= $(PYTHON) -m pytest tools/tests
JUNIT	= "$(BUILD)/check.xml"

.PHONY: all series mail dom0 domain prefix bench answers static kunit stress demo board
.PHONY: board-report faults fuzz mutants
.PHONY: check check-rest check-all harden docs picture
.PHONY: setup setup-check setup-static setup-all setup-series setup-docs setup-bench setup-board
.PHONY: help help-all clean distclean
.NOTPARALLEL:

all: setup
	@$(XENDMA) all

series: $(if $(XENDMA_KDIR)$(XENDMA_LIST),setup-series,setup)
	@$(XENDMA) $@

mail dom0 domain prefix answers kunit stress faults fuzz mutants demo: setup
	@$(XENDMA) $@

static: setup-static
	@$(XENDMA) $@

board: setup-board
	@$(XENDMA) $@

board-report:
	@$(XENDMA) $@

bench: setup-bench
	@$(XENDMA) $@

# Other programs can read the results in build/check.xml (JUnit).
check: setup-check
	@rm -f $(JUNIT)
	@$(PYTEST) --numprocesses=auto --dist=loadgroup --junitxml=$(JUNIT)

# Run the tests that make check leaves out, until XENDMA_UNTIL.
check-rest: setup-all
	@$(PYTEST) --stage=later --add=$(JUNIT)

check-all harden: setup-all
	@$(XENDMA) $@

docs: setup-docs
	@sphinx-build -q -W --keep-going Documentation "$(BUILD)/docs"
	@echo "$(BUILD)/docs/index.html"

# Update the table in Documentation/results.rst and the picture in README.md.
picture: setup
	@mkdir -p "$(BUILD)/measured"
	@$(XENDMA) all >"$(BUILD)/measured/make.txt"
	@$(PYTHON) tools/picture.py "$(BUILD)/measured/make.txt"

SETUP	= sh tools/setup.sh

setup:
	@$(SETUP) tools/packages
	@for arch in $(filter arm x86_64,$(XENDMA_ARCH)); do $(SETUP) tools/packages-$$arch || exit 1; done

setup-check: setup
	@$(SETUP) tools/packages-check

setup-static: setup
	@$(SETUP) tools/packages-all static

setup-all: setup-check
	@for list in arm x86_64 board all; do $(SETUP) tools/packages-$$list || exit 1; done

setup-series:
	@$(SETUP) tools/packages series

setup-docs:
	@$(SETUP) tools/packages-check docs

setup-board: setup
	@$(SETUP) tools/packages-board

setup-bench: setup
	@$(SETUP) tools/packages-check bench

# Print at most 24 lines, so that the help fits a terminal.
help:
	@echo 'make               build the series, boot a stock and a patched kernel as dom0 under'
	@echo '                   Xen, print a table of before and after (TREE=, XEN=)'
	@echo 'make check         run the main tests; make check-all runs all of them'
	@echo '  ONLY=PATTERN     only tests whose names match, as for pytest -k'
	@echo 'make series        patches for the newest kernel, in build/series/'
	@echo '  TREE=NAME        for newest, 7.2, 6.12, 6.1 or 5.10'
	@echo '  KDIR=DIR         for the kernel source in DIR (a full path); nothing in it changes'
	@echo '  PART=NAME        only fixes, next, callers, tests or speed'
	@echo '  OUT=DIR          write the patches to DIR (a full path, new or empty)'
	@echo '  SIGNOFF=1        add your Signed-off-by'
	@echo '  LIST=1           only list the patches, with their kernels and reasons'
	@echo 'make dom0          boot one kernel as dom0 and run the tests'
	@echo '  TREE= XEN=       Xen is 4.20, 4.17 or 4.14'
	@echo '  SERIES=0         stock: known tests must fail; SERIES=1 (default): with the series'
	@echo '  ARCH=NAME        arm64, arm (Xen 4.17, 4.14) or x86_64 (Xen 4.20, 4.17)'
	@echo 'make mail          the series as mails with To and Cc, in build/mail/; sends nothing'
	@echo '  TREE= KDIR= PART= OUT= SIGNOFF=   as for make series'
	@echo
	@echo 'make help-all      all other commands and variables'

help-all:
	@echo 'See make help for make, make check, make series, make dom0 and make mail.'
	@echo 'make mail UPSTREAM=FILE  a stable submission; FILE: output of git log --format="%H %s"'
	@echo 'make dom0 CASES=1  for each case of a scenario: address, hits, hypercalls, return codes'
	@echo 'make board DTB=FILE      a kit for a real board, see Documentation/board.rst (TREE= XEN='
	@echo '  OUT= KDIR= CONFIG=FILE CONSOLE= MEMORY= LOAD=)'
	@echo 'make board-report LOG=FILE KIT=DIR   judge the serial log of a board'
	@echo 'make prefix TREE= XEN=   a matrix: every test with the first 0, 1, 2 ... patches'
	@echo 'make bench TREE= XEN=    cost of DMA operations'
	@echo 'make answers TREE=       the answers of each Xen to requests for cache maintenance'
	@echo '  RECORD=1         prefix, bench, answers, mutants: keep the table in series/measured/'
	@echo 'make static TREE= ARCH=  gcc, clang, sparse and more, before and after the series'
	@echo 'make kunit TREE= XEN= ARCH=   the KUnit suite, without Xen, and in dom0 under each Xen'
	@echo 'make stress TREE= XEN= SERIES=   four CPUs map memory, also under lockdep'
	@echo 'make fuzz SECONDS= SEED= ONLY=   random calls; make faults XEN= SERIES=: failed calls'
	@echo 'make mutants ONLY= RECORD=1   one-line faults of the series: each must fail a test'
	@echo 'make harden ONLY=        such tests, and kernels with sanitizers, hotplug, attacks'
	@echo 'make domain TREE= SERIES=   a direct-mapped domain with devices, with and without dom0'
	@echo 'make demo XEN= ARCH=     drivers of the kernel, stock and patched, with their pictures'
	@echo 'make check-all     every tree, Xen, architecture and test: takes hours, continues'
	@echo '  ONLY="6.1-arm64-* *-static"   after Ctrl-C, writes build/report/index.html'
	@echo 'make docs          the pages of Documentation/ as HTML; make picture: their table'
	@echo 'make setup         install the Debian packages that are missing, and nothing else'
	@echo 'make clean         remove kernels, logs, results, patches; make distclean: all of build/'
	@echo 'XENDMA_BUILD=DIR   in the environment: use DIR in place of build/'

clean distclean:
	@$(XENDMA) $@
