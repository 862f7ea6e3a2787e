# SPDX-License-Identifier: GPL-2.0
"""The files of the project that do not change the result of a cell of make check-all."""

from . import domains

# Files that change no kernel and no boot, such as text.  Any other file may change a result.
BESIDES = ("*.md", "Documentation/[!c]*.rst", "Documentation/cost.rst",
           "Documentation/conf.py", "Documentation/*.svg",
           "Documentation/*.png", "tools/tests/*", "tools/picture.py", ".*", "COPYING",
           "pyproject.toml", "tools/xendma/rig/boards/*", "tools/xendma/runs/board.py",
           "tools/xendma/results/board*.py", "tools/packages-board",
           "tools/xendma/rig/mutat*.py", "tools/xendma/rig/cfunction.py",
           "tools/xendma/r*/mutants.py", "tools/xendma/runs/barriers.py",
           "*/selftests/xen-dma/mutants.ini",
           "tools/xendma/results/html.py", "series/measured/*",
           "series/0000-*", "series/changes", "series/README")
# Files that only make demo uses.
DEMO = (*(f"tools/xendma/{name}.py" for name in (
            "runs/demo", "runs/drivers", "runs/sound", "runs/domains", "runs/rate",
            "runs/passthrough", "rig/machines/domain", "rig/screenshot", "rig/qmp",
            "sources/toolstack", "sources/xen_source")),
        "*/selftests/xen-dma/config.guest.*", "*/selftests/xen-dma/config.rate.*",
        *(f"*/selftests/xen-dma/dom0/{name}" for name in domains.SCRIPTS.values()),
        "*/selftests/xen-dma/clients/*", "*/selftests/xen-dma/sound/*",
        *(f"*/selftests/xen-dma/dom0/{name}" for name in (
            "clients.dtsi", "displays.dtsi", "domain.dtsi", "passthrough.dts")))
