"""Which registries.conf its consumers refuse as a whole; skopeo decides."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from regspec.dialects.containers.validation import refusals
from regspec.reading import toml_places

HOST = "127.0.0.1:1"  # nothing listens there
QUAY = f'[[registry]]\nprefix = "{HOST}"\nlocation = "{HOST}"\n'
MIRRORED = f'{QUAY}[[registry.mirror]]\nlocation = "{HOST}/q"\n'
OLD = "[registries.search]\nregistries = ['docker.io']\n"
READ = {
    "a mirror": MIRRORED,
    "version 1 alone": OLD,
    "version 1, empty": f"[registries.search]\nregistries = []\n{MIRRORED}",
    "search list": f"unqualified-search-registries = ['a.b:5000', 'abc', 'A.b/']\n{MIRRORED}",
    "mode": f"short-name-mode = 'permissive'\n{MIRRORED}",
    "empty mode": f"short-name-mode = ''\n{MIRRORED}",
    "prefix with a wildcard alone": '[[registry]]\nprefix = "*.quay.io"\n',
    "a star": '[[registry]]\nprefix = "quay.*"\nlocation = "a.b"\n',
    "slash at the end": f'[[registry]]\nprefix = "{HOST}/"\nlocation = "{HOST}//"\n',
    "usage": f"{MIRRORED}pull-from-mirror = 'digest-only'\n",
    "twice": MIRRORED + MIRRORED,
    "unknown keys": f"foo = 1\n{MIRRORED}",
    "aliases": f"{MIRRORED}[aliases]\n'fed' = 'd.e/f'\n'a/b__c' = 'localhost/f'\nx = ''\n",
}
REFUSED = {
    "mixed": OLD + MIRRORED,
    "block": f"[registries.block]\nregistries = ['a.b']\n{MIRRORED}",
    "version 1 and a search list": f"unqualified-search-registries = ['a.b']\n{OLD}",
    "version 1 and a mode": f"short-name-mode = 'permissive'\n{OLD}",
    "version 1 and aliases": f"{OLD}[aliases]\nx = 'a.b/c'\n",
    "version 1 with a scheme": OLD.replace("docker", "https://docker"),
    "version 1 of another type": OLD.replace("['docker.io']", "'docker.io'"),
    "search with a path": f"unqualified-search-registries = ['a.b/c']\n{MIRRORED}",
    "search with a scheme": f"unqualified-search-registries = ['https://a.b']\n{MIRRORED}",
    "search, empty": f"unqualified-search-registries = ['']\n{MIRRORED}",
    "search, IPv6": f"unqualified-search-registries = ['[::1]:5000']\n{MIRRORED}",
    "search, a text": f"unqualified-search-registries = 'a.b'\n{MIRRORED}",
    "another mode": f"short-name-mode = 'Permissive'\n{MIRRORED}",
    "neither prefix nor location": "[[registry]]\ninsecure = true\n",
    "prefix alone": '[[registry]]\nprefix = "quay.io"\n',
    "wildcard with a path": '[[registry]]\nprefix = "*.a/b"\nlocation = "a.b"\n',
    "prefix with a scheme": '[[registry]]\nprefix = "https://a.b"\nlocation = "a.b"\n',
    "location with a scheme": QUAY.replace('location = "', 'location = "http://'),
    "mirror without a location": f"{QUAY}[[registry.mirror]]\ninsecure = true\n",
    "mirror with an empty location": f"{QUAY}[[registry.mirror]]\nlocation = ''\n",
    "mirror with a scheme": f"{QUAY}[[registry.mirror]]\nlocation = 'https://m.x'\n",
    "another usage": f"{MIRRORED}pull-from-mirror = 'x'\n",
    "usage of a registry": f"{QUAY}pull-from-mirror = 'all'\n",
    "two usages": MIRRORED.replace("[[registry.m", "mirror-by-digest-only = true\n[[registry.m")
    + "pull-from-mirror = 'all'\n",
    "insecure and not": f"{MIRRORED}{QUAY}insecure = true\n",
    "blocked and not": f"{MIRRORED}{QUAY}blocked = true\n",
    "a switch in quotes": f"{QUAY}blocked = 'true'\n",
    "a number for a switch": f"{QUAY}blocked = 1\n",
    "a number for a text": "[[registry]]\nlocation = 1\n",
    "mirror as a text": f"{QUAY}mirror = 'm.x'\n",
    "mirror as a table": f"{QUAY}[registry.mirror]\nlocation = 'm.x'\n",
    "registry as a table": "[registry]\nlocation = 'm.x'\n",
    "alias with a registry": f"{MIRRORED}[aliases]\n'a.b/c' = 'd.e/f'\n",
    "alias of a tag": f"{MIRRORED}[aliases]\nfed = 'd.e/f:1'\n",
    "alias without a registry": f"{MIRRORED}[aliases]\nfed = 'library/f'\n",
    "helpers as a text": f"credential-helpers = 'x'\n{MIRRORED}",
}


@pytest.mark.parametrize("text, refused", [(READ, False), (REFUSED, True)])
def test_what_is_refused(text, refused):
    for name, content in text.items():
        found = list(refusals(toml_places.parse(content).data, "/etc/containers/registries.conf"))
        assert bool(found) is refused, (name, found)


def test_a_drop_in_must_be_of_version_2():
    path = "/etc/containers/registries.conf.d/a.conf"
    ((at, message),) = refusals(toml_places.parse(OLD).data, path)
    assert at == ("registries",)
    assert "a drop-in must be version 2" in message


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("skopeo"), reason="skopeo is not installed")
@pytest.mark.parametrize("text, refused", [(READ, False), (REFUSED, True)])
def test_skopeo_refuses_the_same(tmp_path, text, refused):
    folder = tmp_path / ".config/containers"
    folder.mkdir(parents=True)
    for name, content in text.items():
        (folder / "registries.conf").write_text(content)
        done = subprocess.run(
            ["skopeo", "inspect", f"docker://{HOST}/a/b:1"],
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ("loading registries configuration" in done.stderr) is refused, (name, done.stderr)


def test_a_refused_file_is_a_difference_at_its_place(here, head, tmp_path):
    (tmp_path / "spec.yaml").write_text(
        f"{head}registry: {{endpoint: {HOST}}}\nmirrors: [{{source: quay.io, path: q}}]\n"
        "targets: [registries.conf]\n"
    )
    here("compile", "spec.yaml", "-o", "node/etc", cwd=tmp_path)
    path = "etc/containers/registries.conf.d/50-regspec.conf"
    text = (tmp_path / "node" / path).read_text()
    assert here("verify", "spec.yaml", "node", cwd=tmp_path).returncode == 0
    assert here("verify", "spec.yaml", f"node/{path}", cwd=tmp_path).returncode == 0
    mode = "short-name-mode = 'strict'\n"
    (tmp_path / "node" / path).write_text(f"{mode}{text}")
    for given in ("node", f"node/{path}"):
        done = here("verify", "spec.yaml", given, cwd=tmp_path)
        assert done.stdout.startswith(f"node/{path}:1:19: error[drift]: `short-name-mode` must be")
        assert done.stdout.count("\n") == 1
