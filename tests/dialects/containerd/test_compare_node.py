"""A node against a spec: what an imported fragment has replaced, and for which versions."""

from __future__ import annotations

import pytest
import regspec as package
import yaml

MAIN = "etc/containerd/config.toml"
FRAGMENT = "etc/containerd/conf.d/50-regspec.toml"
CRI = 'plugins."io.containerd.grpc.v1.cri"'
IMPORTS = 'imports = ["/etc/containerd/conf.d/*.toml"]\n'
RUNC = f'[{CRI}.containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n'
CGROUPS = f"{RUNC}[{CRI}.containerd.runtimes.runc.options]\nSystemdCgroup = true\n"
NVIDIA = CGROUPS.replace(".runc]", ".nvidia]").replace("runtimes.runc.", "runtimes.nvidia.")
PAUSE_IMAGE = "registry.example.org/pause:3.9"
PAUSE = f'[{CRI}]\nsandbox_image = "{PAUSE_IMAGE}"\n'
DEFAULT_OF_1_7 = f'[{CRI}]\nsandbox_image = "registry.k8s.io/pause:3.8"\n'
CGROUP_LOST = "`SystemdCgroup = true` is lost"
PAUSE_LOST = f'`sandbox_image = "{PAUSE_IMAGE}"` is lost'


@pytest.fixture
def verified(regspec, head, tmp_path):
    """Verifies a node as compiled, with this config.toml: verified(main, *words, **options)."""

    def run(main, *words, **options):
        spec = {
            "registry": {"endpoint": "mirror.example.org"},
            "mirrors": ["docker.io"],
            "targets": [{"target": "certs.d", **options}],
        }
        text = head + yaml.safe_dump(spec)
        (tmp_path / "spec.yaml").write_text(text)
        files = {one.path: one.text for one in package.compile_spec(text).artifacts}
        files = {f"etc/containerd/{path}": text for path, text in files.items()}
        for path, content in (files | {MAIN: f"version = 2\n{IMPORTS}{main}"}).items():
            (tmp_path / "node" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "node" / path).write_text(content)
        return regspec("verify", "spec.yaml", "node", *words, cwd=tmp_path)

    return run


@pytest.mark.parametrize(
    "main, options, version, lost",
    [
        (CGROUPS, {}, "1.7", [CGROUP_LOST]),
        (CGROUPS, {}, "1.6.20", [CGROUP_LOST]),
        (NVIDIA, {}, "1.7", [CGROUP_LOST]),
        (PAUSE + CGROUPS, {}, "1.7", [CGROUP_LOST, PAUSE_LOST]),
        (PAUSE, {"systemdCgroup": True}, "1.7", [PAUSE_LOST]),
        (PAUSE + CGROUPS, {"systemdCgroup": True, "sandboxImage": PAUSE_IMAGE}, "1.7", []),
        (DEFAULT_OF_1_7, {}, "1.7", []),
        (CGROUPS.replace("true", "false"), {}, "1.7", []),
        (PAUSE + CGROUPS, {}, "2.0", []),
        ("", {}, "1.7", []),
    ],
)  # fmt: skip
def test_what_the_fragment_has_replaced_is_reported(verified, main, options, version, lost):
    done = verified(main, "--containerd", version, **options)
    assert done.returncode == (1 if lost else 0), done.stdout
    lines = done.stdout.splitlines()
    assert [one for one in (CGROUP_LOST, PAUSE_LOST) if one in done.stdout] == lost
    assert len(lines) == len(lost)
    for line in lines:
        assert line.startswith(f"node/{MAIN}:")
        assert f"/{FRAGMENT} replaces" in line


@pytest.mark.parametrize(
    "words, options, compared",
    [
        ((), {"version": "1.7"}, "for containerd 1.7, the `version` in the spec:"),
        ((), {"version": "2.1.4"}, "for containerd 2.1.4, the `version` in the spec:"),
        (("--containerd", "2.3"), {"version": "1.7"}, "for containerd 2.3:"),
        ((), {}, "for containerd 1.6 to 2.4:"),
        (
            (),
            {"version": "9.9"},
            "for containerd 1.6 to 2.4, as the `version` in the spec is not known:",
        ),
    ],
)
def test_the_closing_line_names_the_versions(verified, words, options, compared):
    done = verified("", *words, **options)
    assert done.returncode == 0, done.stdout
    assert f"1 file or node compared {compared} no difference\n" in done.stderr
