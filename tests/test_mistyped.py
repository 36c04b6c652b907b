"""Words of a command line that are most likely meant otherwise: the message says what to write."""

from __future__ import annotations

import pytest

SPEC = """\
apiVersion: regspec/v1
kind: RegistrySpec
registry: {endpoint: mirror.example.org}
mirrors: [docker.io, docker.io/library]
targets: [certs.d]
"""

SLIPS = {
    "verify node spec.yaml": "the SPEC is the first argument",
    "verify spec.yaml": "Write the SPEC first",
    "explain nginx:1 spec.yaml": "the SPEC is the first argument, and images follow it",
    "explain spec.yaml images.txt": "it is a file: use `-i FILE`",
    "explain spec.yaml other.yaml nginx:1": "it is a file: use `-i FILE`",
    "coverage images.txt spec.yaml": "each list of images as -i FILE",
    "compile spec.yaml certs.d": "--target certs.d",
    "compile spec.yaml folder": "`-o DIR`",
    "compile spec.yml": "did you mean spec.yaml?",
    "compile sites/*.yaml": "no file has a name of this pattern",
    "compile check spec.yaml": "a command is the first word",
    "check RS101": "`regspec rule RS101`",
    "check spec.yaml -o out": "use compile",
    "compile spec.yaml --out x": "-o DIR",
    "rule spec.yaml": "`regspec check spec.yaml`",
    "spec.yaml": "regspec check spec.yaml",
    "init spec.yaml": "-o spec.yaml",
    "compile spec.yaml -o out/{name}": "`{name}` is not known: only `{stem}` is replaced",
    "compile spec.yaml -o out/{name} -j 1": "`{name}` is not known: only `{stem}` is replaced",
    "compile spec.yaml -o out/{stem": "only `{stem}` is replaced",
    "compile spec.yaml -o out/${stem}": "without `$`",
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_mistyped_command_says_what_to_write(slip, tmp_path, here):
    for name in ("spec.yaml", "other.yaml"):
        (tmp_path / name).write_text(SPEC)
    (tmp_path / "images.txt").write_text("docker.io/library/nginx:1\n")
    (tmp_path / "node/etc/containerd").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    done = here(*slip.split(), cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert SLIPS[slip] in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "text, key, meant",
    [
        ("mirrros:\n  docker.io: {endpoint: [https://h]}\nconfigs: {}\n", "mirrros", "mirrors"),
        ('{"registry-mirror": ["https://h"]}\n', "registry-mirror", "registry-mirrors"),
        ('sever = "https://docker.io"\n', "sever", "server"),
        ('{"auth": {"h": {"auth": "YTpi"}}}\n', "auth", "auths"),
    ],
)
def test_a_misspelt_key_of_a_file_to_import_is_named(text, key, meant, tmp_path, here):
    (tmp_path / "file").write_text(text)
    done = here("import", "file", cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert f"unknown key `{key}`; did you mean `{meant}`?" in done.stderr
