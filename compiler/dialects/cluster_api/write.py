"""What other targets put on nodes, for machines that Cluster API or cloud-init sets up.

For Cluster API they are JSON patches, which kustomize and ClusterClass take: a merge patch would
replace the `files` that a template has, and these append. Source: kubernetes-sigs/cluster-api,
bootstrap/kubeadm/api/v1beta2/kubeadmconfig_types.go (the keys and their limits);
canonical/cloud-init, cloudinit/config/cc_write_files.py and cc_runcmd.py.
"""

from __future__ import annotations

import re

from ... import emit
from .. import node_files
from ..dialect import Artifact
from . import TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...model import Spec, TargetEntry
    from ..node_files import NodeFile

_MAX_CONTENT = 10240
"""Characters of a `content`; what is longer is referred to."""
_SECRET = "secret.yaml"  # noqa: S105 - the name of a file
_CONTROL_PLANE, _BOOTSTRAP = "controlplane.cluster.x-k8s.io", "bootstrap.cluster.x-k8s.io"
_PATCHED = (
    ("control-plane.yaml", _CONTROL_PLANE, "KubeadmControlPlane", "/spec/kubeadmConfigSpec"),
    (
        "control-plane-template.yaml",
        _CONTROL_PLANE,
        "KubeadmControlPlaneTemplate",
        "/spec/template/spec/kubeadmConfigSpec",
    ),
    ("workers.yaml", _BOOTSTRAP, "KubeadmConfigTemplate", "/spec/template/spec"),
)
"""The files of the patches: what each patches, and where its KubeadmConfigSpec is."""
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9._-]")
_MAX_KEY = 200


def render(spec: Spec, choice: TargetEntry) -> Iterator[Artifact]:
    """The artifacts of one choice of the target."""
    root = choice.option("out", TARGET.file)
    files = tuple(node_files.files(spec, choice))
    commands = [
        # On a node that lacks the unit, or has not started it yet, there is nothing to do.
        "; ".join((f"if systemctl is-active --quiet {unit}", f"then systemctl {how} {unit}", "fi"))
        for unit, how in node_files.services(spec, choice).items()
    ]
    if choice.option("format") == "cloud-init":
        yield _cloud_config(f"{root}/cloud-config.yaml", files, commands)
        return
    keys = _keys(files, inline=choice.option("secrets") == "inline")
    name = choice.option("name", "regspec-node-files")
    entries = [_entry(file, _reference(name, keys.get(file.path))) for file in files]
    holds_secret = any(file.holds_secret and file.path not in keys for file in files)
    yield _component(f"{root}/kustomization.yaml", with_secret=bool(keys))
    for part, _, kind, place in _PATCHED:
        operations = [
            *({"op": "add", "path": f"{place}/files/-", "value": entry} for entry in entries),
            *(
                {"op": "add", "path": f"{place}/preKubeadmCommands/-", "value": command}
                for command in commands
            ),
        ]
        note = (
            f"# Appends to the lists `files` and `preKubeadmCommands` of a {kind}, which must be\n"
            "# there: give one that lacks them an empty list, `[]`.\n"
        )
        yield Artifact(
            path=f"{root}/{part}",
            text=f"{emit.HEADER}\n{note}{emit.yaml_text(operations)}",
            data=operations,
            syntax="yaml",
            mode=0o600 if holds_secret else 0o644,
            holds_secret=holds_secret,
            secret_keys=frozenset({"content"}),
        )
    if keys:
        namespaces = dict.fromkeys(choice.option("namespaces", [None]))
        texts = {keys[file.path]: file for file in files if file.path in keys}
        yield _secret(f"{root}/{_SECRET}", name, texts, list(namespaces))


def _keys(files: tuple[NodeFile, ...], *, inline: bool) -> dict[str, str]:
    """The key in the Secret of each file that is in it, by the path on the node."""
    keys: dict[str, str] = {}
    for file in files:
        if len(file.text) > _MAX_CONTENT or (file.holds_secret and not inline):
            plain = _NOT_IN_KEYS.sub("_", file.path.strip("/."))[-_MAX_KEY:].strip(".")
            key, number = plain, 1
            while key in keys.values():
                number += 1
                key = f"{plain}-{number}"
            keys[file.path] = key
    return keys


def _reference(name: str, key: str | None) -> dict[str, Any] | None:
    return {"contentFrom": {"secret": {"name": name, "key": key}}} if key else None


def _entry(file: NodeFile, reference: dict[str, Any] | None = None) -> dict[str, Any]:
    """One file, in the keys that Cluster API and cloud-init have in common."""
    return {
        "path": file.path,
        "owner": "root:root",
        # As text: a YAML 1.1 reader takes 0644 for 420, and 0o644 for a word.
        "permissions": f"{file.mode:04o}",
        **(reference or {"content": file.text}),
    }


def _component(path: str, *, with_secret: bool) -> Artifact:
    data = {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        **({"resources": [_SECRET]} if with_secret else {}),
        "patches": [
            {"path": part, "target": {"group": group, "kind": kind}}
            for part, group, kind, _ in _PATCHED
        ],
    }
    return Artifact(path, f"{emit.HEADER}\n{emit.yaml_text(data)}", data, "yaml")


def _secret(
    path: str, name: str, files: dict[str, NodeFile], namespaces: list[str | None]
) -> Artifact:
    """The Secret that the files refer to, for each namespace that has clusters."""
    documents = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                **({"namespace": namespace} if namespace else {}),
                # So that `clusterctl move` takes it along.
                "labels": {"clusterctl.cluster.x-k8s.io/move": ""},
            },
            "type": "Opaque",
            "stringData": {key: file.text for key, file in files.items()},
        }
        for namespace in namespaces
    ]
    texts = [f"---\n{emit.yaml_text(document)}" for document in documents]
    holds_secret = any(file.holds_secret for file in files.values())
    return Artifact(
        path=path,
        text=f"{emit.HEADER}\n{''.join(texts)}",
        data=documents,
        syntax="yaml documents",
        mode=0o600 if holds_secret else 0o644,
        holds_secret=holds_secret,
        secret_keys=frozenset(files),
    )


def _cloud_config(path: str, files: tuple[NodeFile, ...], commands: list[str]) -> Artifact:
    data = {
        # So that what earlier parts of the user data have stays, and kubeadm of one of them runs
        # after the restarts here: `append` would put these commands behind it.
        "merge_how": [
            {"name": "list", "settings": ["prepend"]},
            {"name": "dict", "settings": ["no_replace", "recurse_list"]},
        ],
        "write_files": [_entry(file) for file in files],
        **({"runcmd": commands} if commands else {}),
    }
    holds_secret = any(file.holds_secret for file in files)
    return Artifact(
        path=path,
        # The first line is what cloud-init knows the format by.
        text=f"#cloud-config\n{emit.HEADER}\n{emit.yaml_text(data)}",
        data=data,
        syntax="yaml",
        mode=0o600 if holds_secret else 0o644,
        holds_secret=holds_secret,
        secret_keys=frozenset({"content"}),
    )
