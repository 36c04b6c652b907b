"""`regspec schema`: the JSON Schema of a spec."""

import click

from .terminal import write_stdout


@click.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of a spec, for editors and other tools.

    \b
      regspec schema > registry-spec.schema.json

    Editors with a YAML language server read it if the spec begins with

    \b
      # yaml-language-server: $schema=registry-spec.schema.json
    """
    from .. import resources

    write_stdout(resources.schema_text().encode())
