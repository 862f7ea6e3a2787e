# SPDX-License-Identifier: GPL-2.0
#
# The front door. Everything that is made lies under build/.

# What was said on the command line goes to the program as it stands, through
# the environment: no shell reads it.  A KDIR in the environment is somebody
# else's.
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
export XENDMA_CELLS	:= $(call said,CELLS)
export XENDMA_RECORD	:= $(call said,RECORD)
export XENDMA_PART	:= $(call said,PART)
export XENDMA_LIST	:= $(call said,LIST)

# Exporting a variable would expand what is in it.
unexport TREE XEN ARCH SERIES SIGNOFF KDIR OUT RECORD CELLS UPSTREAM ONLY PART LIST

PYTHON	= PYTHONPATH=tools PYTHONDONTWRITEBYTECODE=1 python3
XENDMA	= $(PYTHON) -m xendma
BUILD	= $${XENDMA_BUILD:-build}

.PHONY: all series mail dom0 prefix bench answers static kunit demo check check-all docs picture
.PHONY: setup setup-static setup-series setup-docs help help-all clean distclean
.NOTPARALLEL:

all: setup
	@$(XENDMA) all

series: $(if $(XENDMA_KDIR)$(XENDMA_LIST),setup-series,setup)
	@$(XENDMA) $@

mail dom0 prefix bench answers kunit demo: setup
	@$(XENDMA) $@

static: setup-static
	@$(XENDMA) $@

check: setup-static
	@$(PYTHON) -m tests

check-all: setup
	@sh tools/setup.sh tools/packages-all
	@$(XENDMA) $@

docs: setup-docs
	@sphinx-build -q -W --keep-going Documentation "$(BUILD)/docs"
	@echo "$(BUILD)/docs/index.html"

# The table in Documentation/results.rst and the picture in README.md.
picture: setup
	@mkdir -p "$(BUILD)/measured"
	@$(XENDMA) all >"$(BUILD)/measured/make.txt"
	@$(PYTHON) tools/picture.py "$(BUILD)/measured/make.txt"

setup:
	@sh tools/setup.sh tools/packages

setup-static: setup
	@sh tools/setup.sh tools/packages-all static

setup-series:
	@sh tools/setup.sh tools/packages series

help:
	@echo 'make               the series for the newest tree; a stock and a patched kernel,'
	@echo '                   booted as dom0 under Xen; a table of before and after'
	@echo 'make series TREE=  newest, 7.2, 6.12, 6.1, 5.10: patches in build/series/VERSION/'
	@echo 'make series KDIR=  for the kernel source at KDIR (a full path)'
	@echo '  OUT=DIR          write the patches there; SIGNOFF=1: with your Signed-off-by'
	@echo '  PART=            only fixes, next, callers or tests, with its own cover letter'
	@echo '  LIST=1           only say which patches there are, for which kernels and why'
	@echo 'make mail TREE=|KDIR=   the same as mails in build/mail/, to whom they go, files for b4;'
	@echo '                   UPSTREAM=FILE: as a stable submission, of what FILE (git log'
	@echo '                   --format="%H %s") says is in mainline. Nothing is ever sent'
	@echo 'make dom0 TREE= XEN= SERIES= ARCH=   boot one: XEN is 4.20, 4.17 or 4.14; SERIES=1'
	@echo '                   with the series, SERIES=0 stock, where known tests must fail;'
	@echo '                   ARCH is arm64, arm (Xen 4.17, 4.14), or x86_64 (4.20, 4.17; a device'
	@echo '                   that does DMA, and nothing must fail on stock);'
	@echo '                   CELLS=1 tells of every cell: address, hits, hypercalls, codes'
	@echo 'make prefix TREE= XEN=  every test with none, one, two ... of the patches: a matrix'
	@echo 'make bench TREE= XEN=   what mapping costs, in instructions: a table, and limits'
	@echo 'make answers       what each Xen says when it is to maintain caches'
	@echo '  RECORD=1         of these three: keep the table in series/measured, for letter and docs'
	@echo 'make static TREE= ARCH=   gcc, clang, sparse, coccicheck, kernel-doc, checkpatch and'
	@echo '                   get_maintainer, before and after: counts, and what is new'
	@echo 'make kunit TREE= XEN= ARCH=   the KUnit suite of the series, by kunit.py in QEMU'
	@echo '                   alone (arm64, x86_64) and in dom0, under each Xen or the one named'
	@echo 'make demo XEN= ARCH=   drivers of the kernel, stock and patched: displays, whose pictures'
	@echo '                   are kept, remote processors, other domains; arm: a display;'
	@echo '                   x86_64: sound'
	@echo 'make check         all tests; ends with N passed, N failed'
	@echo 'make check-all     every tree, Xen and architecture, and all tests: hours, but what'
	@echo '                   passed is not run again; a matrix, and build/report/index.html;'
	@echo '                   ONLY="6.1-arm64-* *-static" is a part'
	@echo 'make setup         only install what is needed, from Debian'
	@echo 'make clean         remove kernels, logs and patches; keep downloads and sources'
	@echo 'make distclean     remove build/, and forget which package versions were taken'
	@echo 'XENDMA_BUILD=DIR   in the environment: use it in place of build/'

clean distclean:
	@$(XENDMA) $@
