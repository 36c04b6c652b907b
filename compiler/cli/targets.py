"""`regspec targets`: the outputs of a spec, and where they belong."""

import json

import click

from ..dialects import DEFAULT_TARGETS, TARGETS
from .options import text_or_json
from .terminal import write_stdout


@click.command("targets")
@text_or_json("Output format of the list.")
def targets_command(form: str) -> None:
    """List the targets: their files, who reads these, and their options."""
    if form == "json":
        rows = [
            {
                "target": target.name,
                "summary": target.summary,
                "files": target.files,
                "default": target.name in DEFAULT_TARGETS,
                "destination": target.destination,
                "on_nodes": target.on_nodes,
                "restart": target.restart or None,
                "options": ["out", *target.options],
            }
            for target in TARGETS.values()
        ]
        write_stdout(f"{json.dumps(rows, indent=2)}\n".encode())
        return
    blocks = []
    for target in TARGETS.values():
        lines = [
            f"{target.name}: {target.summary}",
            f"  files     {', '.join(target.files)}",
            f"  {'on nodes' if target.on_nodes else 'taken by'}  {target.destination}",
        ]
        if target.restart:
            lines.append(f"  restart   {target.restart}")
        lines.append(f"  options   {', '.join(('out', *target.options))}")
        blocks.append("\n".join(lines))
    write_stdout(("\n\n".join(blocks) + "\n").encode())
