"""A node against a spec: what an imported fragment has replaced, and for which versions."""

from __future__ import annotations

import pytest
import regspec as package
import yaml
from regspec import pipeline
from regspec.dialects.files import Files
from regspec.verifying.node import Node

SPEC = {
    "apiVersion": "regspec/v1",
    "kind": "RegistrySpec",
    "registry": {"endpoint": "mirror.example.org"},
    "mirrors": ["docker.io"],
}
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


def compared(main, wanted="", **options):
    """What differs on a node as compiled, with this config.toml; and the node."""
    target = {"target": "certs.d", **options}
    spec = SPEC | {"targets": [target]}
    files = {f"/{MAIN}": f"version = 2\n{IMPORTS}{main}"}
    for artifact in package.compile_spec(yaml.safe_dump(spec)).artifacts:
        files[f"/etc/containerd/{artifact.path}"] = artifact.text
    _, expected = pipeline.verify_spec(
        yaml.safe_dump(spec).encode(), targets=(), environment={}, read_file={}.__getitem__
    )
    node = Node(Files(files), expected, (wanted,) if wanted else ())
    return node.find_drift(), node


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
def test_what_the_fragment_has_replaced_is_reported(main, options, version, lost):
    drift, _ = compared(main, version, **options)
    assert [one.message for one in drift] == [
        f"{what}: /{FRAGMENT} replaces all CRI settings" for what in lost
    ]
    assert {one.reading.source.path for one in drift} <= {f"/{MAIN}"}


def test_only_the_lines_that_lose_it_are_named():
    drift, _ = compared(CGROUPS)
    (message,) = [one.message for one in drift]
    assert message.endswith("(containerd 1.6, 1.7)")


@pytest.mark.parametrize(
    "wanted, options, closing",
    [
        ("", {"version": "1.7"}, "containerd 1.7, the `version` in the spec"),
        ("", {"version": "2.1.4"}, "containerd 2.1.4, the `version` in the spec"),
        ("2.3", {"version": "1.7"}, "containerd 2.3"),
        ("", {}, "containerd 1.6 to 2.4"),
        (
            "",
            {"version": "9.9"},
            "containerd 1.6 to 2.4, as the `version` in the spec is not known",
        ),
    ],
)
def test_the_versions_that_a_node_was_compared_for(wanted, options, closing):
    drift, node = compared("", wanted, **options)
    assert drift == []
    assert node.compared_for == [closing]


def test_the_closing_line_names_them(regspec, tmp_path):
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(SPEC | {"targets": ["certs.d"]}))
    main = tmp_path / "node" / MAIN
    main.parent.mkdir(parents=True)
    main.write_text("version = 3\n")
    done = regspec("verify", "spec.yaml", "node", cwd=tmp_path)
    assert done.returncode == 1
    assert "1 file or node compared for containerd 2.0 to 2.4: " in done.stderr
