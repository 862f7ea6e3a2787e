# SPDX-License-Identifier: GPL-2.0
"""Directories of the project and of the build."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("XENDMA_BUILD") or ROOT / "build")
TESTS = ROOT / "tools/testing/selftests/xen-dma"
