"""Large and hostile input: an answer within seconds, where something quadratic takes minutes.

The fixture `regspec` ends a process after 20 seconds of CPU time. Most cases take less than one.
"""

from __future__ import annotations

import base64
import time

import pytest

REGISTRY = "registry: {endpoint: harbor.example.org}\n"
MANY = [f"r{number}.example.org" for number in range(10_000)]
MIRRORS = f"mirrors: [{', '.join(MANY)}]\n"

GOOD = {
    "10,000 mirrors": REGISTRY + MIRRORS,
    "10,000 mirrors as a string": "registry:\n  endpoint: harbor.example.org\n"
    f"  mirrorRegistries: {','.join(f'{name}::harbor.example.org/{name}' for name in MANY)}\n",
    "10,000 hosts": REGISTRY
    + "mirrors:\n"
    + "".join(f"- {{source: {name}, target: {name}/x}}\n" for name in MANY)
    + f"hosts: {{{', '.join(f'{name}: {{}}' for name in MANY)}}}\n",
    "10 MB of a name": f"{REGISTRY[:-2]}, name: {'x' * 10_000_000}}}\nmirrors: [docker.io]\n",
}
BAD = {
    "a line of bad mirrors": f"{REGISTRY}mirrors: [{', '.join(['A_b'] * 50_000)}]\n",
    "lines of bad mirrors": f"{REGISTRY}mirrors:\n" + "- A_b\n" * 100_000,
    "a line of unknown keys": f"{{{', '.join(f'key{number}: 1' for number in range(50_000))}}}\n",
    "a line of wrong types": f"{REGISTRY}mirrors: [{', '.join(['1'] * 50_000)}]\n",
    "bad entries of a string": "registry: {endpoint: a.b, mirrorRegistries: "
    f'"{",".join(["x"] * 50_000)}"}}\n',
    "the same source in a string": "registry: {endpoint: a.b, mirrorRegistries: "
    f'"{",".join(["x.y::a.b/c"] * 50_000)}"}}\n',
    "the same source in a list": f"{REGISTRY}mirrors: [{', '.join(['docker.io'] * 50_000)}]\n",
    "keys twice": "a: 1\n" * 50_000,
    "colons": f'registry: {{endpoint: "{":" * 300_000}z"}}\nmirrors: [docker.io]\n',
    "a log of colons": f'registry: {{endpoint: "{"::a:" * 100_000}"}}\nmirrors: [docker.io]\n',
    "hyphens": f'registry: {{endpoint: "{"a-" * 300_000}"}}\nmirrors: [docker.io]\n',
    "10 MB of brackets": "[" * 10_000_000,
    "10 MB of a comment": "#" * 10_000_000,
    "10 MB of a tab": f"{REGISTRY}mirrors: [docker.io]\nx: " + "\t" * 10_000_000 + "y\n",
    "10 MB of PEM": f"registry: {{endpoint: a.b, caCert: '-----BEGIN CERTIFICATE-----"
    f"{base64.b64encode(bytes(7_000_000)).decode()}-----END CERTIFICATE-----'}}\n"
    "mirrors: [docker.io]\n",
    "PEM without end": "registry:\n  endpoint: a.b\n  caCert: |\n"
    + "    -----BEGIN CERTIFICATE-----\n" * 100_000
    + "mirrors: [docker.io]\n",
}


def text(head, spec):
    return spec if spec.startswith(("[", "#", "{", "a: 1")) else head + spec


@pytest.mark.parametrize("case", GOOD)
def test_a_large_spec_compiles(case, regspec, head, tmp_path):
    (tmp_path / "registry.yaml").write_text(text(head, GOOD[case]))
    done = regspec("compile", "registry.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    for how in ("--check", "--diff"):
        again = regspec("compile", "registry.yaml", how, cwd=tmp_path)
        assert again.returncode == 0


def test_the_difference_of_10_000_mirrors(regspec, head, tmp_path):
    (tmp_path / "registry.yaml").write_text(text(head, GOOD["10,000 mirrors"]))
    assert regspec("compile", "registry.yaml", cwd=tmp_path).returncode == 0
    (tmp_path / "registry.yaml").write_text(
        text(head, GOOD["10,000 mirrors"].replace("r77.example.org", "new.example.org"))
    )
    done = regspec("compile", "registry.yaml", "--diff", cwd=tmp_path)
    assert done.returncode == 1
    assert '+        endpoint = ["harbor.example.org/new.example.org"]\n' in done.stdout
    assert '-        endpoint = ["harbor.example.org/r77.example.org"]\n' in done.stdout


def test_the_cost_of_a_difference_grows_with_the_number_of_mirrors(here, head, tmp_path):
    taken = {}
    for number in (2_000, 10_000):
        mirrors = f"mirrors: [{', '.join(MANY[:number])}]\n"
        (tmp_path / "registry.yaml").write_text(text(head, REGISTRY + mirrors))
        assert here("compile", "registry.yaml", cwd=tmp_path).returncode == 0
        changed = mirrors.replace("r77.example.org", "new.example.org")
        (tmp_path / "registry.yaml").write_text(text(head, REGISTRY + changed))
        begun = time.process_time()
        assert here("compile", "registry.yaml", "--diff", cwd=tmp_path).returncode == 1
        taken[number] = time.process_time() - begun
    assert taken[10_000] < 12 * taken[2_000], taken  # 5 times as many; the square would be 25


@pytest.mark.parametrize("case", BAD)
def test_a_bad_spec_is_refused_in_time(case, regspec, head, tmp_path):
    (tmp_path / "registry.yaml").write_text(text(head, BAD[case]))
    done = regspec("compile", "registry.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 100_000
    assert not (tmp_path / "out").exists()


def test_a_long_list_of_bad_images_is_refused_in_time(regspec, smallest, tmp_path):
    (tmp_path / "images.txt").write_text("A B\n" * 200_000)
    (tmp_path / "registry.yaml").write_text(smallest + "images: images.txt\n")
    done = regspec("compile", "registry.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert len(done.stderr) < 100_000


def test_a_deep_old_file_is_not_shown(regspec, smallest, tmp_path):
    (tmp_path / "registry.yaml").write_text(smallest)
    assert regspec("compile", "registry.yaml", cwd=tmp_path).returncode == 0
    (tmp_path / "out" / "values.yaml").write_text("[" * 100_000)
    done = regspec("compile", "registry.yaml", "--diff", cwd=tmp_path)
    assert done.returncode == 1
    assert "values.yaml: does not parse, so its difference is not shown" in done.stderr
