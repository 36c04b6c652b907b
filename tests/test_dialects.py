"""What keeps the dialects apart, and what they say of themselves against what they do.

A dialect's folder has several views of one consumer: what we write, what we read back, what the
consumer makes of it. They share a front with facts, and no code; tests like these compare them.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from regspec import pipeline
from regspec.dialects import FOLDERS, TARGETS, dialects
from regspec.explaining import explain
from regspec.model import TargetEntry

COMPILER = Path(__file__).resolve().parent.parent / "compiler"
VIEWS = ("write", "resolve", "read")


def modules():
    """Every module by its path, without those that are made."""
    for path in sorted(COMPILER.rglob("*.py")):
        if path.name != "generated.py":
            yield path.relative_to(COMPILER), ast.parse(path.read_text())


# -- no view of a dialect imports another ----------------------------------------------------


def view_of(parts, views=VIEWS):
    """The view that a module of this path is, or none."""
    if parts[0] == "dialects" and len(parts) > 2:
        return next((v for v in views if parts[2] == v or parts[2].startswith(f"{v}_")), None)
    return None


def imported(path, tree):
    """The paths of the modules of ours that a module imports, wherever in it."""
    package = path.parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = package[: len(package) - node.level + 1]
            module = (*above, *(node.module or "").split(".")) if node.module else above
            yield from ((*module, alias.name) for alias in node.names)


SHARED = {("dialects", "containerd", "versions")}
"""What every view may use."""


def test_no_view_imports_another():
    """What `verify` compares beside the facts may ask a part of the consumer, but no view."""
    views = (*VIEWS, "verify")
    crossing = []
    for path, tree in modules():
        own = view_of(path.with_suffix("").parts, views)
        for module in imported(path, tree):
            other = view_of(module, views)
            if own and other and own != other and module[:3] not in SHARED:
                crossing.append(f"{path}: {'.'.join(module)}")
    assert crossing == []


def test_what_a_view_is_made_of_is_in_no_other_view():
    """Modules of a dialect that are no views by their names are parts of the one that uses them."""
    imports = {
        path.with_suffix("").parts: {module[:3] for module in imported(path, tree)}
        for path, tree in modules()
        if path.parts[0] == "dialects" and len(path.parts) == 3
    }
    views = {module: {view_of(module)} - {None} for module in imports}
    parts = {module for module in imports if not views[module] and module not in SHARED}
    for _ in imports:
        for module, used in imports.items():
            for part in parts & used:
                views[part] |= views[module]
    assert parts & set().union(*imports.values())
    assert {part: views[part] for part in parts if len(views[part]) > 1} == {}


def test_a_view_of_another_dialect_is_the_same_view_or_the_front():
    wrong = []
    for path, tree in modules():
        folder = path.parts[1] if path.parts[0] == "dialects" and len(path.parts) > 2 else ""
        own = path.stem.partition("_")[0]
        for module in imported(path, tree):
            if not folder or module[0] != "dialects" or len(module) < 4 or module[1] == folder:
                continue
            if (COMPILER.joinpath(*module[:3])).with_suffix(".py").exists():
                same = module[2].partition("_")[0] == own or module[:3] in SHARED
                wrong += [] if same else [f"{path}: {'.'.join(module)}"]
    assert wrong == []


@pytest.mark.parametrize("dialect", list(dialects()), ids=lambda dialect: dialect.name)
def test_a_dialect_names_the_modules_of_its_folder(dialect):
    folder = COMPILER / "dialects" / dialect.name
    names = [n for n in ("resolve", "rules", "runbook") if (folder / f"{n}.py").exists()]
    assert sorted(dialect.modules) == names
    readers, writers = (
        {f"{dialect.name}.{path.stem}" for path in folder.glob(f"{view}*.py")}
        for view in ("read", "write")
    )
    assert {reader.module for reader in dialect.readers} == readers
    assert {target.module for target in dialect.targets} <= writers
    assert all(callable(function) for reader in dialect.readers for function in reader.view)


# -- a name stands in its folder and in the registry only --------------------------------------

KINDS = {one.kind: dialect.name for dialect in dialects() for one in dialect.formats}
NAMES = {**KINDS, **FOLDERS}
"""The names of targets and of formats, each with its folder."""
WORDS_OF_KUBERNETES = {"kind", "values", "secret"}
"""Keys of documents as well: names of ours only where something is asked by them."""


def asked(tree):
    """The texts that something is asked by, such as `choice.target == "kind"`."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(
                left=ast.Attribute(attr="target" | "name" | "kind"), comparators=texts
            ):
                yield from (id(below) for text in texts for below in ast.walk(text))
            case ast.Call(func=ast.Attribute(attr="has"), args=texts):
                yield from (id(text) for text in texts)


def of_files(tree):
    """The texts that are files of a target, or modules of a dialect."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="makes" | "parts" | "authorities" | "modules"):
                yield from map(id, ast.walk(node))
            case ast.Compare(comparators=[ast.Attribute(attr="modules")]):
                yield id(node.left)


def names_in(tree):
    """The names that stand in a module as text by themselves, and are not of files."""
    asked_by, others = set(asked(tree)), set(of_files(tree))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value in NAMES
        and id(node) not in others
        and (id(node) in asked_by or node.value not in WORDS_OF_KUBERNETES)
    }


def folder_of(path):
    """The folder of the dialect that a module is of, or an empty text."""
    return path.parts[1] if path.parts[0] == "dialects" and len(path.parts) > 2 else ""


def test_a_name_stands_in_its_own_folder_only():
    found = {}
    for path, tree in modules():
        if path.as_posix() == "dialects/__init__.py":
            continue
        own = folder_of(path)
        for name in names_in(tree):
            if own not in (FOLDERS.get(name), KINDS.get(name)):
                found.setdefault(name, set()).add(path.as_posix())
    assert found == {}


# -- what a target says that it cannot carry ---------------------------------------------------

HOST = "harbor.example.org"
HUB = [{"source": "docker.io", "path": ""}]
CHOICES = [
    {"target": "containerd", "endpoints": "api", "form": "full"},
    {"target": "containerd", "endpoints": "api", "version": "1.7", "caFile": "/ca", "form": "full"},
    {"target": "containerd"},
    {"target": "certs.d"},
    {"target": "certs.d", "credentials": "config"},
    {"target": "certs.d", "credentials": "header"},
    {"target": "docker", "imageStore": "containerd"},
    {"target": "docker", "imageStore": "containerd", "credentials": "header"},
    {"target": "talos", "version": "1.8"},
    {"target": "talos", "version": "1.9"},
    {"target": "talos", "version": "1.12"},
    {"target": "kind"},
    {"target": "kind", "version": "1.7"},
    {"target": "kind", "version": "2.1"},
    {"target": "kind", "credentials": "config"},
    {"target": "kind", "patches": True},
    {"target": "kind", "patches": True, "credentials": "config"},
    *({"target": name} for name in TARGETS if name not in ("containerd", "certs.d", "kind")),
]
"""Every target, with the options that change what it can carry."""
PULLING = [one for one in CHOICES if explain.is_explained(one["target"])]


def limits_of(choice):
    options = tuple((key, value) for key, value in choice.items() if key != "target")
    return TARGETS[choice["target"]].limits_of(TargetEntry(choice["target"], options))


def spec_of(choice, **keys):
    data = {
        "apiVersion": "regspec/v1",
        "kind": "RegistrySpec",
        "registry": {"endpoint": HOST},
        "mirrors": HUB,
        "targets": [choice],
        **keys,
    }
    return json.dumps(data).encode()


def given(root):
    files = {"ca.crt": (root / "examples/ca.crt").read_bytes()}
    return {"targets": (), "environment": {}, "read_file": files.__getitem__}


def attempts(root, choice, **keys):
    """What the models of its consumer ask for an image of Docker Hub; none if it is refused."""
    explained = pipeline.explain_spec(spec_of(choice, **keys), **given(root))
    if explained.spec is None:
        return None
    rows = explain.of_spec(explained.spec, explained.artifacts, ["docker.io/library/nginx"], {})
    return [attempt for row in rows for attempt in row.outcome.attempts]


def named(choice):
    return "-".join(map(str, choice.values()))


@pytest.mark.parametrize("choice", PULLING, ids=named)
def test_a_target_forbids_the_upstream_exactly_if_its_limits_do_not_say_otherwise(root, choice):
    asked_too = any(one.upstream for one in attempts(root, choice, fallback="deny"))
    assert asked_too is (limits_of(choice).deny is not None)


@pytest.mark.parametrize("choice", PULLING, ids=named)
@pytest.mark.parametrize(
    "question, keys, carried",
    [
        ("login", {"username": "u", "password": "p"}, lambda one: bool(one.login)),
        ("ca", {"caCert": {"file": "ca.crt"}}, lambda one: bool(one.authorities)),
        ("skip_verify", {"insecureSkipVerify": True}, lambda one: one.skip_verify),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_target_carries_what_its_limits_do_not_exclude(root, choice, question, keys, carried):
    if TARGETS[choice["target"]].for_webhook:
        return  # a webhook pulls nothing
    found = attempts(root, choice, registry={"endpoint": HOST, **keys})
    limit = getattr(limits_of(choice), question)
    if found is None:
        assert limit.reported_by
    else:
        assert any(carried(one) for one in found) is (limit is None)


@pytest.mark.parametrize("choice", PULLING, ids=named)
@pytest.mark.parametrize(
    "question, keys, ending",
    [
        ("login", {"username": "u", "password": "p"}, ("auth.json", ".dockerconfigjson")),
        ("ca", {"caCert": {"file": "ca.crt"}}, (".crt", "/ca.yaml")),
    ],
)
def test_what_is_taken_away_is_missed(root, choice, question, keys, ending):
    """A resolver knows files and no spec: without the file of a login or of a CA it has none."""
    given_spec = spec_of(choice, registry={"endpoint": HOST, **keys})
    explained = pipeline.explain_spec(given_spec, **given(root))
    kept = [one for one in explained.artifacts if not one[1].path.endswith(ending)]
    unread = getattr(limits_of(choice), question) is not None
    if explained.spec is None or unread or len(kept) == len(explained.artifacts):
        return  # it is in the one file that there is, or nowhere, or in one that is not read
    before, after = (
        list(explain.of_spec(explained.spec, artifacts, ["docker.io/library/nginx"], {}))
        for artifacts in (explained.artifacts, kept)
    )
    assert before != after
    found = [attempt for row in after for attempt in row.outcome.attempts]
    assert not any(one.login if question == "login" else one.authorities for one in found)


def test_without_its_mirrors_the_upstream_alone_is_left(root):
    for choice in PULLING:
        explained = pipeline.explain_spec(spec_of(choice, fallback="allow"), **given(root))
        if explained.spec is None or len(explained.artifacts) == 1:
            continue
        names = ("hosts.toml", ".conf", "image-mirrors.yaml")
        kept = [one for one in explained.artifacts if not one[1].path.endswith(names)]
        rows = explain.of_spec(explained.spec, kept, ["docker.io/library/nginx"], {})
        assert {row.verdict for row in rows} <= {"upstream"}, choice


@pytest.mark.parametrize("choice", CHOICES, ids=named)
@pytest.mark.parametrize(
    "question, keys",
    [
        ("wildcard", {"mirrors": [{"source": "*", "path": ""}]}),
        ("library", {"mirrors": ["docker.io/library"]}),
        ("ipv6", {"registry": {"endpoint": "[fd00::1]:5000"}}),
    ],
)
def test_a_target_refuses_what_its_limits_exclude(root, choice, question, keys):
    """A target that needs another one beside it, or a login, is given that."""
    target, registry = TARGETS[choice["target"]], {"endpoint": HOST} | keys.get("registry", {})
    if target.needs_login:
        registry |= {"username": "u", "password": "p"}
    beside = ["k3s"] if target.companions else []
    more = {"images": ["nginx"], **keys, "registry": registry, "targets": [choice, *beside]}
    result = pipeline.check_spec(spec_of(choice, **more), selection=None, **given(root))
    of_k3s = TARGETS["k3s"].limits if beside else None
    refused = getattr(limits_of(choice), question) or getattr(of_k3s, question, None)
    assert result.failed is (refused is not None), result.diagnostics
