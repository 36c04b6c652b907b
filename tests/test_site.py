"""docs/ as a site: built without a network, with links that hold and nothing from elsewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from regspec.rules import RULES
from regspec.rules.phases import PHASES

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SPHINX = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q"]
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


def build(docs, folder):
    """Runs what `make site` runs, without a network."""
    apart = ("unshare", "--map-root-user", "--net")
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        assert not os.environ.get("CI"), "CI must be able to unshare the network"
        apart = ()
    words = [*SPHINX, "--doctree-dir", folder / "doctrees", docs, folder / "site"]
    return subprocess.run([*apart, *words], capture_output=True, text=True, check=False)


def copy_docs(folder, pages):
    """The settings of docs/ in another folder, with other pages."""
    for name in ("conf.py", "site_menu.py", "site.css"):
        (folder / name).write_text((DOCS / name).read_text())
    for name, text in pages.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site."""
    folder = tmp_path_factory.mktemp("site")
    done = build(DOCS, folder)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def pages(site):
    return {path: Page(path.read_text()) for path in site.rglob("*.html")}


def test_make_site_is_what_is_tested():
    (line,) = re.findall(r"sphinx-build (.*)", (ROOT / "Makefile").read_text())
    assert line.split()[:3] == SPHINX[3:]


def test_every_page_is_built_and_in_the_menu(site):
    menu = Page((site / "index.html").read_text()).links
    for source in DOCS.rglob("*.md"):
        name = source.relative_to(DOCS).with_suffix(".html").as_posix()
        assert (site / name).exists()
        assert name in menu or name == "index.html"
    assert not list(site.rglob("*.py*"))


def test_nothing_is_fetched_from_elsewhere(site):
    checked = 0
    for path, page in pages(site).items():
        for url in page.fetched:
            parts = urlsplit(url)
            assert (parts.scheme, parts.netloc) == ("", ""), (path.name, url)
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


def test_the_search_works_without_a_server(site):
    """A browser refuses requests of a page that it read from a folder; it runs scripts."""
    search = Page((site / "search.html").read_text())
    assert any(url.startswith("searchindex.js") for url in search.fetched)
    index = (site / "searchindex.js").read_text()
    assert index.startswith("Search.setIndex(")
    entries = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["indexentries"]
    assert [place[1] for place in entries["rs315"]] == ["rs315"]
    assert set(entries) == {code.lower() for code in (*RULES, *PHASES)}


def test_each_rule_has_its_code_as_an_anchor(site):
    text = (site / "rules.html").read_text()
    for code in (*RULES, *PHASES):
        assert re.search(f'<section id="{code.lower()}">', text), code
        assert f'href="#{code.lower()}"' in text


def test_an_anchor_is_on_github_what_it_is_on_the_site(site):
    """GitHub makes an anchor of the whole heading; a shorter one stands above the heading."""
    for source in DOCS.rglob("*.md"):
        text = (site / source.relative_to(DOCS).with_suffix(".html")).read_text()
        for name in re.findall(r'<a id="([^"]+)"></a>\n', source.read_text()):
            assert f'<section id="{name}">' in text, (source.name, name)
            assert f'id="{name}"></a>' not in text


def test_copied_commands_have_no_prompts(site):
    """By the script of the site itself, run with Node.js."""
    if not shutil.which("node"):
        assert not os.environ.get("CI"), "CI must have Node.js"
        pytest.skip("Node.js is not installed")
    settings = (site / "_static/copybutton.js").read_text()
    (call,) = re.findall(r"return formatCopyText\((.*)\)", settings)
    shown = "$ regspec compile registry.yaml\n3 files written\n$ a \\\n> b\nprinted\n"
    functions = (site / "_static/copybutton_funcs.js").read_text().replace("export ", "")
    script = (
        f"{functions}\nconst text = {json.dumps(shown)};\nconsole.log(formatCopyText({call}))\n"
    )
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True)
    assert done.stdout == "regspec compile registry.yaml\na \\\nb\n"


def test_a_broken_link_fails_the_build(tmp_path):
    """So -W means what it says."""
    copy_docs(tmp_path, {"index.md": "# a\n\n[b](b.md) [c](#c) [d](d.md#e)\n", "d.md": "# d\n"})
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode == 1
    for target in ("'b.md'", "'c'", "'e'"):
        assert target in done.stderr


def test_a_page_that_nobody_lists_is_a_how_to(tmp_path):
    """So that a new page needs no other line."""
    names = ("index.md", "brand-new.md", "api.md", "decisions/index.md", "decisions/0001.md")
    copy_docs(tmp_path, {name: f"# {name}\n" for name in names})
    (tmp_path / "__pycache__").mkdir(exist_ok=True)
    (tmp_path / "__pycache__/shown.cpython-311.pyc").write_bytes(b"byte code")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out/site/index.html").read_text()
    how_to = text.partition(">How to<")[2].partition(">Reference<")[0]
    assert "brand-new.html" in how_to
    assert not list(tmp_path.glob("out/**/*.py*"))
    assert "api.html" not in how_to
    assert "decisions/0001.html" in text.partition(">Explanation<")[2]


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
        if image["src"].endswith(f"/{picture.name}")
    ]
    assert used
    assert all(image["alt"] for image in used)


def test_what_is_built_stays_out_of_git():
    done = subprocess.run(["git", "check-ignore", "site/index.html"], cwd=ROOT, check=False)
    assert done.returncode == 0 or not (ROOT / ".git").exists()
