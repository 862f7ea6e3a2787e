# SPDX-License-Identifier: GPL-2.0
#
# The front door. Everything that is made lies under build/.

# Used only where a goal says so in 'make help'.
TREE	?= newest
XEN	?= 4.20
SERIES	?= 1
SIGNOFF	?= 0
KDIR	?=
OUT	?=

XENDMA	= PYTHONPATH=tools PYTHONDONTWRITEBYTECODE=1 python3 -m xendma
TESTS	= PYTHONPATH=tools PYTHONDONTWRITEBYTECODE=1 python3 -m tests

# The kernel's own makefiles must not see what is meant for this one.
unexport TREE XEN SERIES SIGNOFF KDIR OUT

# What was built, for clean and distclean.
B	= $(or $(XENDMA_BUILD),build)

.PHONY: all series dom0 check setup setup-series help clean distclean
.NOTPARALLEL:

all: setup
	@$(XENDMA) all --tree '$(TREE)' --xen '$(XEN)' --kdir '$(KDIR)' --out '$(OUT)' \
		--signoff '$(SIGNOFF)'

series: $(if $(KDIR),setup-series,setup)
	@$(XENDMA) series --tree '$(TREE)' --kdir '$(KDIR)' --out '$(OUT)' --signoff '$(SIGNOFF)'

dom0: setup
	@$(XENDMA) dom0 --tree '$(TREE)' --xen '$(XEN)' --kdir '$(KDIR)' --out '$(OUT)' \
		--series '$(SERIES)'

check: setup
	@$(TESTS)

setup:
	@sh tools/setup.sh tools/packages

setup-series:
	@sh tools/setup.sh tools/packages series

help:
	@echo 'make               the series for the newest tree; a stock and a patched kernel,'
	@echo '                   booted as dom0 under Xen; a table of before and after'
	@echo 'make series TREE=  newest, 7.2, 6.12 or 6.1: patches in build/series/VERSION/'
	@echo 'make series KDIR=  for the kernel source at KDIR (a full path)'
	@echo '  OUT=DIR          write the patches there; SIGNOFF=1: with your Signed-off-by'
	@echo 'make dom0 TREE= XEN= SERIES=   boot one: XEN is 4.20, 4.17 or 4.14; SERIES=1 with'
	@echo '                   the series, SERIES=0 stock, where known tests must fail'
	@echo 'make check         all tests; ends with N passed, N failed'
	@echo 'make setup         only install what is needed, from Debian'
	@echo 'make clean         remove kernels, logs and patches; keep downloads and sources'
	@echo 'make distclean     remove build/, and forget which package versions were taken'
	@echo 'XENDMA_BUILD=DIR   in the environment: use it in place of build/'

clean:
	@rm -rf $(addprefix '$(B)'/,kernel obj work dom0 user series xen sparse ccache)

distclean:
	@rm -rf '$(B)'
