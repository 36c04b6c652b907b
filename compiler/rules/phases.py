"""The codes of findings that no rule reports, because there is no spec yet to check."""

PHASES = {
    "yaml": """The spec is not one YAML document that regspec reads.

In addition to the rules of YAML, each key stands once, and the file has one document without tags,
merge keys and anchors on text. Plain `true`, `false`, `null` and decimal numbers mean the same as
in JSON. Every other plain scalar is text.

Fix: follow the help of the message. Put text in quotes if YAML could read it as another value.

Source: docs/spec.md.""",
    "schema": """A value of the spec does not match the schema.

Examples are an unknown key, a missing key, a number where text is expected, and a host with a
scheme. The value is wrong by itself, whatever the rest of the spec has.

Fix: follow the help of the message. `regspec schema` prints the schema, and editors can use it.

Source: docs/spec.md.""",
    "reference": """The variable or file of `{env: NAME}` or `{file: PATH}` cannot be used.

The variable is not set or empty; the file is missing, empty, not a regular file, not UTF-8, larger
than 1 MiB, or outside the folder of the spec. Neither its name nor its content is printed, because
a secret may stand where a name belongs.

Fix: export the variable, or put the file next to the spec; `--allow-file DIR` allows another
folder.

Source: docs/spec.md.""",
    "ca": """A `caCert` is not a list of CA certificates in PEM.

It is cut short, in DER, base64 of a PEM text, a private key, or something else. Consumers would
fail with `x509: certificate signed by unknown authority`, days later.

Fix: give the `-----BEGIN CERTIFICATE-----` blocks of the CA, best as `{file: ca.crt}`.

Source: RFC 7468; the documented parameter table.""",
    "drift": """The installed files differ from the outputs of the spec.

`regspec verify` says it of a file, a Secret or a node: another value, something that is missing or
too much, a file that cannot be read, or a configuration that containerd does not load.

Fix: apply what `regspec compile` writes, or change the spec if the installed files are right.

Source: the spec itself; of nodes, the measured behaviour of containerd.""",
    "import": """A setting of a file that `regspec import` cannot put into a spec.

An error is a disagreement: two files say different things of one place of the spec. An info is
something that a spec cannot hold, such as another key of a chart.

Fix: name the right file with `--prefer FILE`. Keep other settings where they are needed.

Source: docs/import.md.""",
}
"""The manual of each, by its code."""
