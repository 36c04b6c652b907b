"""The picture of the flow: from one spec to each consumer."""

from __future__ import annotations

from html import escape
from pathlib import Path

from dialect_tables import PICTURE, rows

FILE = Path(__file__).resolve().parent / "pictures/flow.svg"
ROW, TOP = 38, 24
"""The distance between the boxes of files, and of the first one from the edge."""


def flow() -> str:
    """The picture; its style is kept from the file that there is."""
    style = FILE.read_text(encoding="utf-8").partition("  <style>\n")[2].partition("  <rect")[0]
    files = [(name.strip("`"), what) for name, what in rows(PICTURE)]
    height = 2 * TOP + ROW * len(files) - 8
    middle = height // 2
    size = f'viewBox="0 0 856 {height}" width="856" height="{height}"'
    title = "From one spec to each consumer"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">',
        f"  <title>{title}</title>",
        f"  <style>\n{style.rstrip()}",
        f'  <rect class="paper" x="0.5" y="1" width="839" height="{height - 2}" rx="8"/>',
        *_own(24, 130, middle, "registry.yaml", "one spec"),
        *_own(194, 120, middle, "regspec", "check, compile"),
        f'  <path class="line" d="M154 {middle} H192" marker-end="url(#tip)"/>',
    ]
    for number, (name, what) in enumerate(files):
        top = TOP + ROW * number
        line = f"M314 {middle} C 350 {middle} 346 {top + 15} 378 {top + 15}"
        of_text = f'y="{top + 20}"'
        lines += [
            f'  <path class="line" d="{line}" marker-end="url(#tip)"/>',
            f'  <rect class="box" x="380" y="{top}" width="218" height="30" rx="6"/>',
            f'  <text class="code" x="489" {of_text} text-anchor="middle">{escape(name)}</text>',
            f'  <text x="608" {of_text}>{escape(what)}</text>',
        ]
    return "\n".join([*lines, "</svg>\n"])


def _own(left: int, width: int, middle: int, name: str, what: str) -> list[str]:
    """A box with two lines, for what is ours."""
    centre = left + width // 2
    return [
        f'  <rect class="own" x="{left}" y="{middle - 30}" width="{width}" height="60" rx="6"/>',
        f'  <text class="code" x="{centre}" y="{middle - 4}" text-anchor="middle">{name}</text>',
        f'  <text class="small" x="{centre}" y="{middle + 14}" text-anchor="middle">{what}</text>',
    ]
