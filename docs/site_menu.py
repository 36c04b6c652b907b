"""The menu and the anchors of the site, so that the pages stay plain Markdown, readable on GitHub.

A page needs no line here: a page that `MENU` does not name is listed under "How to".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from myst_parser.slugs import github_slugify
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

MENU: dict[str, tuple[str, ...]] = {
    "": ("tutorial", "which-target"),
    "How to": ("registries", "explain", "import", "runtimes", "*"),
    "Reference": (
        "spec-on-one-screen",
        "spec",
        "targets",
        "rules",
        "cli",
        "json",
        "api",
        "glossary",
    ),
    "Explanation": ("v2", "performance", "tried", "decisions/index"),
}
"""The headings of the menu and their pages. `*` is every page that no heading names."""

_ANCHOR = re.compile(r'^<a id="[^"]+"></a>\n+(?=#)', re.MULTILINE)
"""An anchor above a heading, which only GitHub needs: the site has it from `anchor`."""


def anchor(title: str) -> str:
    """The anchor of a heading: the one that GitHub makes, or the code in `RS315: An image ...`."""
    code, colon, _ = title.partition(": ")
    return github_slugify(code if colon and " " not in code else title)


def menu(pages: set[str]) -> Iterator[tuple[str, list[str]]]:
    """The headings of the menu, each with its pages.

    Args:
        pages: the names of all pages: paths below docs/ without `.md`.
    """
    named = {page for listed in MENU.values() for page in listed}
    rest = sorted(page for page in pages - named - {"index"} if "/" not in page)
    for heading, listed in MENU.items():
        found = [page for one in listed for page in (rest if one == "*" else [one])]
        yield heading, [page for page in found if page in pages]


def add_menu(app: Sphinx, page: str, source: list[str]) -> None:
    """Add the menu to index.md, and to the index.md of a folder the pages of that folder."""
    source[0] = _ANCHOR.sub("", source[0])
    pages = set(app.env.found_docs)
    folder = page.removesuffix("index")
    if page == "index":
        trees = list(menu(pages))
    elif folder.endswith("/"):
        below = sorted(one for one in pages if one.startswith(folder) and one != page)
        trees = [("", [f"/{one}" for one in below])]
    else:
        trees = []
    for heading, listed in trees:
        caption = [f":caption: {heading}"] if heading else []
        lines = ["\n```{toctree}", ":hidden:", *caption, "", *listed, "```\n"]
        source[0] += "\n".join(lines)


class Anchors(SphinxTransform):
    """Makes the anchor of each section the one that links, the menu and the search use.

    A code such as RS315 becomes an entry of the index, so that a search for it leads to its
    section. Sphinx finds a heading only by at least half of its text.
    """

    default_priority = 840  # before 850, when the domains collect labels and entries of the index

    def apply(self, **_: Any) -> None:
        """Change the sections of one page."""
        for section in self.document.findall(nodes.section):
            slug = section.get("slug")
            if slug:
                section["ids"] = [slug, *(name for name in section["ids"] if name != slug)]
            code, colon, _ = section[0].astext().partition(": ")
            if colon and code.lower() == slug and isinstance(section.parent, nodes.section):
                entry = addnodes.index(entries=[("single", code, slug, "main", None)])
                section.insert(1, entry)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the functions above to the build."""
    app.connect("source-read", add_menu)
    app.add_transform(Anchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
