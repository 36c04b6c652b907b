"""The codes of diagnostics that no rule finds, because there is no spec yet to look at."""

PHASES = {
    "yaml": """The spec is not one YAML document that regspec reads.

Beside what YAML itself asks for, a key stands once, there is one document in the file, and there
are no tags, no merge keys and no anchors on text. Plain `true`, `false`, `null` and decimal numbers
are what they are in JSON; every other plain scalar is text.

Fix: the message says what to type; text that YAML could take for something else goes in quotes.

Source: docs/spec.md.""",
    "schema": """A value of the spec is not what the schema says.

An unknown key, a missing one, a number where text is expected, a host with a scheme: what is wrong
with one value by itself, whatever stands elsewhere.

Fix: the message says what to type; `regspec schema` prints the schema, and editors can use it.

Source: docs/spec.md.""",
    "reference": """What `{env: NAME}` or `{file: PATH}` refers to cannot be used.

The variable is not set or empty; the file is missing, empty, not a regular file, not UTF-8, larger
than 1 MiB, or outside the folder of the spec. Neither its name nor its content is printed, because
a secret may stand where a name belongs.

Fix: export the variable, or put the file beside the spec; `--allow-file DIR` allows another folder.

Source: docs/spec.md.""",
    "ca": """A `caCert` is not a list of CA certificates in PEM.

It is cut short, in DER, base64 of a PEM text, a private key, or something else. Consumers would
fail with `x509: certificate signed by unknown authority`, days later.

Fix: give the `-----BEGIN CERTIFICATE-----` blocks of the CA, best as `{file: ca.crt}`.

Source: RFC 7468; the documented parameter table.""",
    "drift": """What is there is not what the spec compiles to.

`regspec verify` says it of a file, a Secret or a node: another value, something that is missing or
too much, a file that cannot be read, or a configuration that containerd does not load.

Fix: apply what `regspec compile` writes, or change the spec if what is there is meant.

Source: the spec itself; of nodes, the measured behaviour of containerd.""",
    "import": """What `regspec import` cannot make a spec of.

An error is a disagreement: two files say different things of one place of the spec. An info is
something that a spec cannot hold, such as another key of a chart.

Fix: `--prefer FILE` says which file is right; what is not carried over stays where it is needed, or
is not needed any more.

Source: docs/import.md.""",
}
"""The manual of each, by its code."""
