# SPDX-License-Identifier: GPL-2.0
"""The earlier proposal, to compare the series with.

It asks whose device it is; the series asks whose memory it is.
"""

import pathlib

from ..rig.variant import Variant

RULE = pathlib.Path(__file__).parent / "compare/swiotlb-xen.rfc.cocci"
RFC = Variant("rfc", 0, rule=(RULE, 4))
