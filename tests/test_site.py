"""docs/ as a site: built without a network, with links that hold and nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# What a browser fetches by itself; a link is followed by a person.
FETCHED = {
    ("audio", "src"),
    ("embed", "src"),
    ("iframe", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("link", "href"),
    ("object", "data"),
    ("script", "src"),
    ("source", "src"),
    ("video", "src"),
}


class Page(HTMLParser):
    """What a page fetches, links to and names."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.links, self.images = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.fetched += [values[name] for name in values if (tag, name) in FETCHED]
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "img":
            self.images.append(values)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built where there is no network."""
    folder = tmp_path_factory.mktemp("site")
    apart = ("unshare", "--map-root-user", "--net")
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        assert not os.environ.get("CI"), "CI must be able to unshare the network"
        apart = ()
    done = subprocess.run(
        [*apart, sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def pages(site):
    return {path: Page(path.read_text()) for path in site.rglob("*.html")}


def test_every_page_is_built_and_in_the_menu(site):
    menu = Page((site / "index.html").read_text()).links
    for source in DOCS.rglob("*.md"):
        name = source.relative_to(DOCS).with_suffix(".html").as_posix()
        assert (site / name).exists()
        assert name in menu
    assert not list(site.rglob("*.py*"))


def test_nothing_is_fetched_from_elsewhere(site):
    checked = 0
    for path, page in pages(site).items():
        for url in page.fetched:
            parts = urlsplit(url)
            assert (parts.scheme, parts.netloc) == ("", ""), (path.name, url)
            if path.name != "404.html":  # which is served at any address
                assert (path.parent / unquote(parts.path)).exists(), (path.name, url)
                checked += 1
    assert checked > 50
    for path in (*site.rglob("*.css"), *site.rglob("*.svg")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for url in re.findall(r"""(?:url\(|@import|href=|src=)\s*["']?([^"')\s]+)""", text):
            assert not re.match(r"(?:https?:)?//", url), (path.name, url)


def test_no_script_of_the_site_names_another_host(site):
    """Addresses in comments are no requests; libraries that load others have them in their code."""
    for path in site.rglob("*.js"):
        for host in re.findall(r"https?://(?:unpkg|cdn|cdnjs|fonts)\.[\w.]+", path.read_text()):
            pytest.fail(f"{path.name}: {host}")


def test_a_broken_link_fails_the_build(tmp_path):
    """So --strict means what it says."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# a\n\n[b](b.md) [c](#c)\n")
    text = (ROOT / "mkdocs.yml").read_text()
    (tmp_path / "mkdocs.yml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "'b.md'" in done.stderr
    assert "'#c'" in done.stderr


def test_a_page_that_nobody_lists_is_a_how_to(tmp_path):
    """So that a new page needs no other line."""
    (tmp_path / "docs").mkdir()
    for name in (*(path.name for path in DOCS.glob("*.md")), "brand-new.md"):
        (tmp_path / "docs" / name).write_text(f"# {name}\n")
    (tmp_path / "docs/__pycache__").mkdir()
    (tmp_path / "docs/__pycache__/shown.cpython-311.pyc").write_bytes(b"byte code")
    (tmp_path / "docs/decisions").mkdir()
    (tmp_path / "docs/decisions/0001.md").write_text("# One\n")
    (tmp_path / "docs/.nav.yml").write_text((DOCS / ".nav.yml").read_text())
    (tmp_path / "mkdocs.yml").write_text((ROOT / "mkdocs.yml").read_text())
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "out"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    text = (tmp_path / "out/index.html").read_text()
    how_to = text.partition(">How to<")[2].partition(">Reference<")[0]
    assert "brand-new.html" in how_to
    assert not list(tmp_path.glob("out/**/*.py*"))
    assert "api.html" not in how_to


@pytest.mark.parametrize("picture", sorted(DOCS.glob("pictures/*.svg")), ids=lambda path: path.stem)
def test_a_picture_is_small_readable_in_the_dark_and_described(picture, site):
    text = picture.read_text()
    assert len(text) < 12_000
    assert "prefers-color-scheme: dark" in text
    root = ET.fromstring(text)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "title" in names
    assert not names & {"image", "script", "foreignObject", "use"}
    used = [
        image
        for page in pages(site).values()
        for image in page.images
        if image["src"].endswith(f"pictures/{picture.name}")
    ]
    assert used
    assert all(image["alt"] for image in used)


def test_what_is_built_stays_out_of_git():
    done = subprocess.run(["git", "check-ignore", "site/index.html"], cwd=ROOT, check=False)
    assert done.returncode == 0 or not (ROOT / ".git").exists()
