"""How Sphinx builds docs/ as a site: `make site`. docs/decisions/0014-site.md gives the reasons.

The build needs no network, and the site contains everything that a browser loads.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

project = "regspec"
html_title = "regspec"
language = "en"
extensions = ["myst_parser", "sphinx_copybutton", "site_menu"]
exclude_patterns = ["*.py", "__pycache__"]
myst_heading_anchors = 4
myst_heading_slug_func = "site_menu.anchor"

html_theme = "furo"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = False
pygments_style = "friendly"
pygments_dark_style = "native"

# A copy button copies commands: neither the prompts nor what the commands print.
copybutton_prompt_text = r"\$ |> "
copybutton_prompt_is_regexp = True
