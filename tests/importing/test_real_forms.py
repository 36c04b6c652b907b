"""Files as people have them: what an import makes of each form, and what is said of the rest.

The forms are in forms/, one list for each consumer. Each of them is imported, checked, compared
with its own import, and explained. A form has

- `name`, `files` (path: text; `@CA@` is a certificate, `@CA64@` its base64), and `give`: the path
  that is given, all files by default
- `mirrors`, `login`: where the spec has each source, and the host that it has a login for
- `lost`, `noted`: what is not imported, as a warning and as advice
- `differs`: what `regspec verify` reports of the same files, which import must have announced
- `refused`: why no spec is written
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
import yaml
from regspec import document, model, pipeline
from regspec.rules import Selection

FOLDER = Path(__file__).resolve().parent / "forms"
FORMS = [
    pytest.param(form, id=f"{file.stem}: {form['name']}")
    for file in sorted(FOLDER.glob("*.yaml"))
    for form in yaml.safe_load(file.read_text())
]
LINE = re.compile(r"^[^\n]*?: (warning|info)\[import\]: (.*?) is not imported", re.MULTILINE)
SECRETS = ("Hunter2", "SHVudGVyMg", "Hunter")


@pytest.fixture(scope="module")
def ca(root):
    return (root / "tests/data/certificates/chain.crt").read_text()


def laid_out(form, folder, ca):
    """Writes the files of a form, and returns the words that give them."""
    encoded = base64.b64encode(ca.encode()).decode()
    for path, text in form["files"].items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        quoted = text.replace('"@CA@"', json.dumps(ca)).replace("@CA@", ca)
        file.write_text(quoted.replace("@CA64@", encoded))
    return [form["give"]] if "give" in form else list(form["files"])


def names(text, severity):
    return sorted({name for level, name in LINE.findall(text) if level == severity})


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_people_have(here, tmp_path, ca, form):
    given = laid_out(form, tmp_path / "site", ca)
    site = tmp_path / "site"

    done = here("import", *given, "-o", "../spec.yaml", "--secrets", "literal", cwd=site)

    assert not any(secret in done.stdout + done.stderr for secret in SECRETS)
    written = tmp_path / "spec.yaml"
    if "refused" in form:
        assert done.returncode in (1, 2)
        assert re.search(form["refused"], done.stderr), done.stderr
        assert not written.exists()
        return
    assert done.returncode == 0, done.stderr
    spec = model.build(document.parse(written.read_text()).data)
    assert {mirror.source: str(mirror.location) for mirror in spec.mirrors} == form["mirrors"]
    assert list(spec.logins) == ([form["login"]] if "login" in form else [])
    assert names(done.stderr, "warning") == sorted(form.get("lost", []))
    assert names(done.stderr, "info") == sorted(form.get("noted", []))

    checked = pipeline.check_spec(
        written.read_bytes(),
        targets=(),
        environment={},
        read_file={}.__getitem__,
        selection=Selection(),
    )
    assert not checked.failed, checked.diagnostics

    compared = here("verify", "../spec.yaml", *given, "--format", "json", cwd=site)
    differences = [one["message"] for one in json.loads(compared.stdout)]
    expected = form.get("differs", [])
    assert all(any(part in each for part in expected) for each in differences), differences
    assert all(any(part in each for each in differences) for part in expected), differences
    for each in differences:
        assert each in done.stderr or form.get("lost") or form.get("noted"), "it was not announced"

    source = next(iter(form["mirrors"]))
    image = f"{'quay.io' if source == '*' else source}/team/app:1"
    explained = here("explain", "spec.yaml", image, "--format", "json", cwd=tmp_path)
    assert explained.returncode in (0, 1, 2), explained.stderr
    for row in map(json.loads, explained.stdout.splitlines()):
        assert form["mirrors"][source].partition("/")[0] in str(row) or not row["loads"]
