# SPDX-License-Identifier: GPL-2.0
"""Settings of Sphinx for make docs."""

project = "DMA memory in Xen domains on ARM"
project_copyright = "GPL-2.0"
language = "en"
highlight_language = "none"
html_theme = "alabaster"
html_theme_options = {"page_width": "1200px"}
html_copy_source = False
html_show_sourcelink = False
