"""The usual slips in a spec: each has one message, at its line, with what to write."""

from __future__ import annotations

import pytest
from regspec import pipeline

SPEC = """\
apiVersion: regspec/v1
kind: RegistrySpec
registry:
  endpoint: harbor.example.org
  baseContentPath: airgap
  username: puller
  password: {env: REGISTRY_PASSWORD}
mirrors:
  - docker.io
  - docker.io/library
  - quay.io
targets:
  - {target: certs.d, version: "2.1"}
"""
MIRRORS = "mirrors:\n  - docker.io\n  - docker.io/library\n  - quay.io\n"

# What is replaced, by what, the line of the message, and words of it or of its help.
SLIPS = {
    # A missing blank.
    "colon, first key": ("endpoint: h", "endpoint:h", 4, "blank after `:`"),
    "colon, second key": ("baseContentPath: ", "baseContentPath:", 5, "blank after `:`"),
    "colon, later key": ("username: puller", "username:puller", 6, "blank after `:`"),
    "colon, secret": ("password: {", "password:{", 7, "blank after the `:`"),
    "colon, first line": ("apiVersion: ", "apiVersion:", 1, "blank after `:`"),
    "colon, top level": ("kind: ", "kind:", 2, "blank after `:`"),
    "colon, list": (MIRRORS, "mirrors:[docker.io]\n", 8, "blank after `:`"),
    "colon, braces": ("{target: ", "{target:", 13, "blank after the `:`"),
    "colon, variable": ("{env: ", "{env:", 7, "blank after `env:`"),
    "dash, first item": ("- docker.io\n", "-docker.io\n", 9, "blank after each `-`"),
    "dash, later item": ("- docker.io/library", "-docker.io/library", 10, "blank after `-`"),
    "dash, last item": ("- quay.io", "-quay.io", 11, "blank after `-`"),
    "dash, mapping": ("- {target", "-{target", 13, "blank after `-`"),
    "dash, not indented": (
        "  - docker.io\n  - docker.io/l", "- docker.io\n-docker.io/l", 10, "blank after `-`"
    ),
    # A missing or another sign.
    "no colon": ("mirrors:", "mirrors", 8, "missing `:`"),
    "no colon, with a value": ("endpoint: h", "endpoint h", 4, "missing `:`"),
    "no dash": ("- docker.io/library", "docker.io/library", 10, "`- `"),
    "star for a dash": ("- quay.io", "* quay.io", 11, "`- `"),
    "plus for a dash": ("- quay.io", "+ quay.io", 11, "`- `"),
    "en dash": ("- quay.io", "\u2013 quay.io", 11, "`- `"),
    "equals sign": ("endpoint: h", "endpoint = h", 4, "`KEY: VALUE`"),
    "wide colon": ("endpoint: h", "endpoint\uff1a h", 4, "U+FF1A"),
    "colon at the end": ("org\n", "org:\n", 4, "remove it"),
    "key behind a key": ("registry:\n  endpoint", "registry: endpoint", 3, "on the next line"),
    "list behind its key": (MIRRORS, "mirrors: - docker.io\n", 8, "on the next line"),
    "two colons": ("endpoint: h", "endpoint:: h", 4, "extra `:`"),
    "port after a blank": ("org\n", "org: 8443\n", 4, "remove the blank"),
    "slashes for a comment": ("mirrors:", "// ours\nmirrors:", 8, "`#`"),
    # Blanks: one too many, one too few, other characters.
    "extra blank": ("  username", "   username", 6, "by 2 blanks"),
    "extra blank, first key": ("  endpoint", "   endpoint", 4, "by 2 blanks"),
    "extra blank, secret": ("  password", "   password", 7, "by 2 blanks"),
    "extra blank, second line": ("kind:", " kind:", 2, "remove the blanks"),
    "extra blank, top level": ("mirrors:", " mirrors:", 8, "remove the blanks"),
    "extra blank, first item": ("  - docker.io\n", "   - docker.io\n", 9, "by 2 blanks"),
    "extra blank, item": ("  - docker.io/l", "   - docker.io/l", 10, "same indentation"),
    "missing blank": ("  username", " username", 6, "by 2 blanks"),
    "missing blank, first key": ("  endpoint", " endpoint", 4, "by 2 blanks"),
    "missing blank, item": ("  - docker.io/l", " - docker.io/l", 10, "by 2 blanks"),
    "item not indented": ("  - docker.io/l", "- docker.io/l", 10, "by 2 blanks"),
    "key of an item, one blank less": (
        '{target: certs.d, version: "2.1"}', 'target: certs.d\n   version: "2.1"', 14, "by 4 blanks"
    ),
    "key of an item, at the dash": (
        "- quay.io", "- source: quay.io\n  path: quay", 12, "by 4 blanks"
    ),
    "key of an item, extra blanks": (
        "- quay.io", "- source: quay.io\n      path: quay", 12, "by 4 blanks"
    ),
    "tab": ("  username", "\tusername", 6, "use blanks"),
    "no-break space after a colon": ("endpoint: ", "endpoint:\xa0", 4, "no-break space U+00A0"),
    "no-break space as indentation": ("  user", "\xa0 user", 6, "no-break space U+00A0"),
    "no-break space after a dash": ("- docker.io/l", "-\xa0docker.io/l", 10, "no-break space"),
    "no-break space in a key": ("username:", "username\xa0:", 6, "no-break space"),
    "zero-width space": ("endpoint: ", "endpoint: \u200b", 4, "zero-width space U+200B"),
    # Quotes and brackets.
    "star": ("- quay.io", "- *", 11, '`"*"`'),
    "star as a source": ("- quay.io", '- {source: *, path: ""}', 11, '`"*"`'),
    "star in a block": ("- quay.io", '- source: *\n    path: ""', 11, '`"*"`'),
    "stars of a domain": ("- quay.io", "- *.example.org", 11, "in quotes"),
    "at sign": ("- quay.io", "- @quay.io", 11, "in quotes"),
    "brace": ("PASSWORD}", "PASSWORD", 7, "`{` is not closed"),
    "brace, last line": ('"2.1"}', '"2.1"', 13, "`{` is not closed"),
    "brace, other bracket": ("PASSWORD}", "PASSWORD]", 7, "`{` is not closed"),
    "bracket": (MIRRORS, "mirrors: [docker.io\n", 8, "`[` is not closed"),
    "extra brace": ("PASSWORD}", "PASSWORD}}", 7, "`}` has no `{`"),
    "no comma": ("certs.d, ", "certs.d ", 13, "missing `,`"),
    "no braces": ("{env: REGISTRY_PASSWORD}", "env: REGISTRY_PASSWORD", 7, "braces"),
    "quote": ("harbor.example.org", '"harbor.example.org', 4, "quote is not closed"),
    "single quote": ("harbor.example.org", "'harbor.example.org", 4, "quote is not closed"),
    "quote of a key": ("endpoint:", '"endpoint:', 4, "quote is not closed"),
    "text after a quote": ("harbor.example", '"harbor".example', 4, "after the closing quote"),
    "curly quotes": ("harbor.example.org", "\u201charbor.example.org\u201d", 4, "straight quotes"),
    "backslash": ("harbor.example.org", '"harbor\\.example.org"', 4, "single quotes"),
    # References.
    "dollar": ("{env: ", "{env: $", 7, "without `$`"),
    "dollar and braces": ("REGISTRY_PASSWORD}", "${REGISTRY_PASSWORD}}", 7, "without `$`"),
    "percent signs": ("{env: REGISTRY_PASSWORD}", '{env: "%PASSWORD%"}', 7, "without `%`"),
    "hyphen": ("REGISTRY_PASSWORD", "REGISTRY-PASSWORD", 7, "letters, digits and `_`"),
    "other word for env": ("{env: ", "{variable: ", 7, "did you mean `env`?"),
    "other word for file": ("{env: ", "{path: ", 7, "did you mean `file`?"),
    "other word for file, CA": ("  username", "  caCert: {path: x}\n  username", 6, "`file`?"),
    "variable of the shell": ("harbor.example.org", "$REGISTRY", 4, "does not expand variables"),
    "reference for a text": ("harbor.example.org", "{env: REGISTRY}", 4, "write the text itself"),
    "template": ("mirrors:", "{{- if .x }}\nmirrors:", 8, "template"),
    "conflict": ("mirrors:", "<<<<<<< HEAD\nmirrors:", 8, "merge conflict"),
    # Keys.
    "host for endpoint": ("endpoint:", "host:", 4, "did you mean `endpoint`?"),
    "url for endpoint": ("endpoint:", "url:", 4, "did you mean `endpoint`?"),
    "path for baseContentPath": ("baseContentPath", "path", 5, "did you mean `baseContentPath`?"),
    "token for password": ("password:", "token:", 7, "did you mean `password`?"),
    "ca for caCert": ("  username", "  ca: x\n  username", 6, "did you mean `caCert`?"),
    "name for source": ("- quay.io", "- {name: quay.io}", 11, "did you mean `source`?"),
    "name in a block": ("- quay.io", "- name: quay.io\n    path: q", 11, "did you mean `source`?"),
    "to for target": ("- quay.io", "- {source: quay.io, to: h/q}", 11, "did you mean `target`?"),
    "type for target": ("{target:", "{type:", 13, "did you mean `target`?"),
    "mirror as a key": ("- quay.io", "- quay.io: quay", 11, "{source: quay.io, path: PATH}"),
    "mirror with a colon": ("- quay.io", "- quay.io:", 11, "remove the `:`"),
    "target as a key": ('{target: certs.d, version: "2.1"}', "certs.d: {}", 13, "{target: certs.d"),
    "options below a target": (
        '{target: certs.d, version: "2.1"}', 'certs.d\n    version: "2.1"', 14, "- target: certs.d"
    ),
    # Shapes and parents.
    "mirrors below registry": (MIRRORS, "  mirrors: [docker.io]\n", 8, "top level"),
    "targets below registry": (MIRRORS + "targets", "  targets", 8, "top level"),
    "fallback below registry": ("mirrors:", "  fallback: deny\nmirrors:", 8, "top level"),
    "caCert at the top": ("mirrors:", "caCert: x\nmirrors:", 8, "below `registry`"),
    "ignore at the top": ("mirrors:", "ignore: [RS101]\nmirrors:", 8, "below `lint`"),
    "version at the top": ("targets:", "version: x\ntargets:", 12, "an item of `targets`"),
    "password of a mirror": ("- quay.io", "- {source: quay.io, password: x}", 11, "`hosts:"),
    "mirrors as a mapping": (MIRRORS, "mirrors:\n  docker.io: h/d\n", 8, "`- SOURCE`"),
    "mirrors as a text": (MIRRORS, "mirrors: docker.io\n", 8, "`- SOURCE`"),
    "mirrors with commas": (MIRRORS, "mirrors: docker.io, quay.io\n", 8, "a line of its own"),
    "two mirrors in an item": ("- quay.io", "- quay.io, ghcr.io", 11, "one item on each line"),
    "comma after an item": ("- quay.io", "- quay.io,", 11, "remove the last character"),
    "arrow": ("- quay.io", "- quay.io -> h/q", 11, "{source: quay.io, target: HOST/PATH}"),
    "list in a list": ("- quay.io", "- - quay.io", 11, "extra `-`"),
    "targets as a mapping": ("  - {target: certs.d, ", "  certs.d: {", 12, "`- NAME`"),
    "hosts as a list": ("mirrors:", "hosts:\n  - quay.io\nmirrors:", 8, "remove the `-`"),
    "credentials for hosts": ("mirrors:", "hosts: {username: x}\nmirrors:", 8, "`HOST: {"),
    "version with a v": ('"2.1"', "v2.1", 13, "write `2.1`"),
    "version as a number": ('"2.1"', "2.1", 13, "quotes"),
    "wrapped in spec": ("registry:", "spec:\nregistry:", 3, "top level"),
    "metadata": ("registry:", "metadata: {}\nregistry:", 3, "remove it"),
}  # fmt: skip

# Files of other kinds, and words of the one message about each.
OTHER_FILES = {
    "values": ("config:\n  ociImageRegistry:\n    endpoint: h\n", "regspec import"),
    "k3s": ("mirrors:\n  docker.io:\n    endpoint: ['https://h']\n", "regspec import"),
    "hosts.toml": ('server = "https://docker.io"\n[host."https://h"]\n', "regspec import"),
    "registries.conf": ('[[registry]]\nlocation = "docker.io"\n', "regspec import"),
    "daemon.json": ('{"registry-mirrors": ["https://h"]}\n', "regspec import"),
    "config.json": ('{"auths": {"h": {"auth": "YTpi"}}}\n', "regspec import"),
    "pull secret": (
        '{kind: Secret, type: kubernetes.io/dockerconfigjson, data: {".dockerconfigjson": e30=}}',
        "regspec import",
    ),
    "talos": (
        "machine: {registries: {mirrors: {docker.io: {endpoints: ['https://h']}}}}\n",
        "regspec import",
    ),
    "deployment": ("apiVersion: apps/v1\nkind: Deployment\n", "is a `Deployment`, not a spec"),
    "manifests": ("kind: Namespace\n---\nkind: Secret\n", "is a `Namespace`, not a spec"),
    "images": ("docker.io/library/nginx:1\nquay.io/a/b:2\n", "`images: PATH`"),
    "certificate": ("-----BEGIN CERTIFICATE-----\nMIIB\n", "`caCert: {file: PATH}`"),
    "compose": ("services:\n  web: {image: nginx}\n", "regspec init"),
}


def findings(text):
    """The errors that `regspec check` reports of a spec."""
    result = pipeline.check_spec(
        text.encode(), targets=(), environment={}, read_file=None, selection=None
    )
    return [one for one in result.diagnostics if one.severity.value == "error"]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_has_one_message_at_its_line_with_what_to_write(slip):
    old, new, line, words = SLIPS[slip]
    assert old in SPEC
    (found,) = findings(SPEC.replace(old, new, 1))
    assert found.span.line == line
    assert words in f"{found.message}; {found.help}"
    assert found.help


@pytest.mark.parametrize("file", OTHER_FILES)
def test_a_file_of_another_kind_has_one_message(file):
    text, words = OTHER_FILES[file]
    (found,) = findings(text)
    assert words in f"{found.message}; {found.help}"


def test_the_spec_without_a_slip_has_no_error():
    assert findings(SPEC) == []


@pytest.mark.parametrize(
    "slip, shown",
    [
        ("colon, first key", "  endpoint:harbor.example.org"),
        ("dash, later item", "  -docker.io/library"),
        ("star", "  - *"),
        ("brace", "  password: ..."),
        ("mirrors as a mapping", "mirrors:"),
        ("mirrors as a text", "mirrors: docker.io"),
        ("version with a v", "  - {target: certs.d, version: v2.1}"),
    ],
)
def test_the_line_of_a_slip_is_shown_without_a_secret(slip, shown):
    old, new, _, _ = SLIPS[slip]
    (found,) = findings(SPEC.replace(old, new, 1))
    assert found.span.excerpt == shown
