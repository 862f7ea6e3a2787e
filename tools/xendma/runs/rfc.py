# SPDX-License-Identifier: GPL-2.0
"""The earlier proposal (RFC), for a comparison with the series.

The RFC decides by the device; the series decides by the memory.
"""

import pathlib

from ..series import selection
from ..rig.variant import Variant

RULE = pathlib.Path(__file__).parent / "compare/swiotlb-xen.rfc.cocci"
RFC = Variant("rfc", 0, rule=(RULE, 4, selection.MAIN_FILE))
