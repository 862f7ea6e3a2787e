# SPDX-License-Identifier: GPL-2.0
"""The command line: python3 -m xendma VERB."""
