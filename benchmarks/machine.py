"""What a measurement was made on and with; nothing that names one machine."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import subprocess
from pathlib import Path

from . import plain


def described(installed: plain.Plain, rounds: int, fleets: int, load: float) -> str:
    """One sentence.

    Args:
        installed: where regspec is.
        rounds: how many there were of cold commands.
        fleets: how many of fleets.
        load: the load of the machine before the first.
    """
    told = subprocess.run([installed.regspec, "--version"], stdout=subprocess.PIPE, check=True)
    version = told.stdout.decode().strip()
    kernel = re.match(r"\d+\.\d+", platform.release())
    system = f"{platform.system()} {kernel[0] if kernel else ''}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    needs = ", ".join(f"{name} {number}" for name, number in plain.versions().items())
    return (
        f"{_processor()}, {os.cpu_count()} cores; {system}; {python}; {version} ({needs}). "
        f"{dt.datetime.now(dt.UTC).date()}, {rounds} rounds of cold commands and {fleets} of "
        f"fleets, at a load of {load:.1f} before the first."
    )


def _processor() -> str:
    """The model of the processor, as Linux tells it."""
    information = Path("/proc/cpuinfo")
    text = information.read_text("utf-8") if information.exists() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return model[1] if model else platform.machine()
