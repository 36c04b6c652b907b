"""RS2xx: targets, their options, and what they cannot express."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..diagnostics import Path, Place, Severity, word, words
from ..output import Claims
from ..targets import TARGETS, containerd
from .rule import Found, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Choice


def _fragments(subject: Subject) -> Iterator[Choice]:
    """The chosen containerd files that are a part of a node's configuration."""
    for choice in subject.choices:
        if choice.target == "containerd" and choice.option("form") != "full":
            yield choice


def _place(choice: Choice, option: str = "", *, on_key: bool = False) -> Place:
    """The place of a choice, or of one of its options; the first line when nobody wrote it."""
    path: Path = choice.path or ()
    if option and choice.path is not None and choice.option(option) is not None:
        return Place((*path, option), on_key)
    return Place(path)


@rule("RS201", Severity.ERROR)
def foreign_option(subject: Subject) -> Iterator[Found]:
    """An option belongs to another target.

    It would have no effect, which is not what its author thinks.

    Fix: remove it, or move it to the entry of its target.

    Source: `regspec targets` lists the options of each.

    Bad:
        targets:
          - {target: secret, version: "1.7"}

    Good:
        targets:
          - secret
          - {target: containerd, form: full}
    """
    for choice in subject.choices:
        taken = ("out", *TARGETS[choice.target].options)
        for option, _ in choice.options:
            if option not in taken:
                yield (
                    _place(choice, option, on_key=True),
                    f"target {word(choice.target)} has no option {word(option)}",
                    f"its options are {words(taken)}",
                )


@rule("RS202", Severity.ERROR)
def exclusive_options(subject: Subject) -> Iterator[Found]:
    """Two options of one target exclude each other.

    The documented endpoints and the whole documented file exist in version 2 of the
    configuration format only. containerd 1.x does not start with version 3, or ignores it.

    Fix: leave out `configVersion`; version 2 works with every containerd.

    Source: the documented config.toml; measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        targets:
          - {target: containerd, configVersion: 3}

    Good:
        targets:
          - {target: containerd, endpoints: api}
    """
    for choice in subject.choices:
        if choice.target != "containerd" or choice.option("configVersion", 2) == 2:  # noqa: PLR2004
            continue
        place = _place(choice, "configVersion")
        if choice.option("endpoints") != "api":
            yield (
                place,
                "the documented endpoints exist in `configVersion: 2` only",
                "leave it out, or add `endpoints: api`",
            )
        elif choice.option("form") == "full":
            yield (
                place,
                "the whole documented file exists in `configVersion: 2` only",
                "leave it out, or remove `form: full`",
            )
        elif choice.option("version", "2").startswith("1."):
            yield (
                place,
                f"containerd {choice.option('version')} does not read `configVersion: 3`",
                "leave it out: version 2 works with every containerd",
            )


@rule("RS203", Severity.ERROR)
def tls_not_expressible(subject: Subject) -> Iterator[Found]:
    """A private CA, or a skipped check, that the containerd configuration cannot carry.

    `registry.configs."HOST".tls` was removed in containerd 2.0: the key is ignored with a
    warning, TLS fails, and the upstream is asked. For 1.x it needs the path of the CA on the
    node.

    Fix: for 1.x say `version: "1.7"` and `caFile`; for 2.x put the CA into a hosts.toml below
    certs.d, or into the trust store of the nodes.

    Source: measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        registry: {insecureSkipVerify: true}
        targets:
          - {target: containerd, endpoints: api}

    Good:
        registry: {insecureSkipVerify: true}
        targets:
          - {target: containerd, endpoints: api, version: "1.7", form: full}
    """
    for choice in subject.choices:
        if choice.target != "containerd" or choice.option("endpoints") != "api":
            continue
        for host, has_ca, skip in containerd.tls_hosts(subject.spec):
            what = "`insecureSkipVerify`" if skip else "the CA"
            version = choice.option("version")
            if version is None:
                yield (
                    _place(choice),
                    f"{what} of {word(host)} needs the containerd version of the nodes",
                    'add `version: "1.7"`, for instance; 2.0 and later need certs.d',
                )
            elif not version.startswith("1."):
                yield (
                    _place(choice, "version"),
                    f"containerd {version} cannot be told {what} of {word(host)} in this file",
                    "put it into certs.d (hosts.toml), which every version reads",
                )
            elif has_ca and not skip and choice.option("caFile") is None:
                yield (
                    _place(choice),
                    f"{what} of {word(host)} needs its path on the nodes",
                    "add `caFile: /etc/containerd/ca.crt`, for instance",
                )


@rule("RS204", Severity.ERROR)
def same_file_twice(subject: Subject) -> Iterator[Found]:
    """Two targets write one file, or one writes below what is the other's file.

    One of the two would be lost.

    Fix: give one of them another `out`.

    Source: what a file system can hold; names that differ in case only are the same on some.

    Bad:
        targets:
          - containerd
          - {target: containerd, endpoints: api}

    Good:
        targets:
          - containerd
          - {target: containerd, endpoints: api, out: containerd-api.toml}
    """
    claims = Claims()
    for choice in subject.choices:
        path = choice.option("out", TARGETS[choice.target].file)
        if claims.take(path, choice.target) is not None:
            yield (
                _place(choice, "out"),
                f"another target writes {word(path)} too, or something above or below it",
                "give one of them another `out`",
            )


@rule("RS205", Severity.ERROR)
def pull_secret_without_login(subject: Subject) -> Iterator[Found]:
    """`pullSecret` without a login.

    The chart would create a pull secret that holds nothing, and pulls would fail as before.

    Fix: give the registry, or a host, a `username` and a `password`; else leave it out.

    Source: the charts' `imagePullSecret` block.

    Bad:
        imageSwap: {pullSecret: true}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        imageSwap: {pullSecret: true}
    """
    spec = subject.spec
    if any(access.has_login for access in subject.accesses):
        return
    for key, block in (("imageSwap", spec.image_swap), ("certManager", spec.cert_manager)):
        if block and block.pull_secret:
            yield (
                Place((key, "pullSecret"), on_key=True),
                "`pullSecret` has no login to hold",
                "add `username` and `password` to `registry`, or leave it out",
            )


@rule("RS206", Severity.ERROR)
def library_alone(subject: Subject) -> Iterator[Found]:
    """Containerd cannot be told of `docker.io/library` alone.

    It looks mirrors up by the registry, so `docker.io/library` follows `docker.io`. Without that,
    or with another place for it, the mirror would be missing on the nodes.

    Fix: list `docker.io` too, so that its path with `/library` is that of `docker.io/library`.

    Source: measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        mirrors: [docker.io/library]
        targets:
          - {target: containerd, endpoints: api}

    Good:
        mirrors: [docker.io, docker.io/library]
        targets:
          - {target: containerd, endpoints: api}
    """
    chosen = [choice for choice in subject.choices if choice.target == "containerd"]
    if all(choice.option("endpoints") != "api" for choice in chosen):
        return
    mirrors = {mirror.source: mirror for mirror in subject.spec.mirrors}
    library, hub = mirrors.get("docker.io/library"), mirrors.get("docker.io")
    if library is None or (hub and hub.location.below("library") == library.location):
        return
    if hub:
        advice = f"serve it from {word(str(hub.location.below('library')))}, below `docker.io`"
    else:
        advice = "list `docker.io` too, so that its path with `/library` is this one's"
    yield library.place, "containerd cannot be told of `docker.io/library` alone", advice


@rule("RS207", Severity.WARNING)
def fragment_on_1x(subject: Subject) -> Iterator[Found]:
    """On containerd 1.x an imported fragment replaces the other CRI settings of the node.

    Imports are not merged below `plugins."io.containerd.grpc.v1.cri"`: the file that is read last
    wins whole. `SystemdCgroup` falls back to false, the sandbox image to the default, and the
    kubelet and containerd no longer agree on cgroups.

    Fix: put the tables into the node's config.toml itself, or compile `form: full`.

    Source: measured on containerd 1.6.20, 1.6.39 and 1.7.34; containerd/containerd#5837.

    Bad:
        targets:
          - {target: containerd, endpoints: api, version: "1.7"}

    Good:
        targets:
          - {target: containerd, endpoints: api, version: "1.7", form: full}
    """
    for choice in _fragments(subject):
        version = choice.option("version", "")
        if version.startswith("1."):
            yield (
                _place(choice, "version"),
                (
                    f"imported by containerd {version}, this fragment replaces the node's other "
                    "CRI settings, such as `SystemdCgroup`"
                ),
                "merge it into config.toml itself, or write `form: full`",
            )


@rule("RS208", Severity.INFO)
def mirrors_are_deprecated(subject: Subject) -> Iterator[Found]:
    """Containerd 2.x reads `registry.mirrors`, but has announced their removal.

    Until then they switch the node to pulling without the transfer service. What stays is
    `config_path`, with a hosts.toml for each registry.

    Fix: nothing yet; plan for hosts.toml below certs.d.

    Source: containerd's RELEASES.md names 2.4 for the removal; measured, 2.4.0-beta reads them.

    Bad:
        targets:
          - {target: containerd, endpoints: api, version: "2.1"}

    Good:
        targets:
          - {target: containerd, endpoints: api, version: "1.7", form: full}
    """
    for choice in subject.choices:
        version = choice.option("version", "1.")
        if choice.target == "containerd" and not version.startswith("1."):
            yield (
                _place(choice, "version"),
                f"containerd {version} reads `registry.mirrors`, whose removal is announced",
                "plan for hosts.toml below certs.d",
            )


@rule("RS209", Severity.WARNING)
def mirrors_on_2_2_0(subject: Subject) -> Iterator[Found]:
    """Containerd 2.2.0 does not load its CRI plugin when there are mirrors.

    It fills in a default `config_path`, which excludes `registry.mirrors`, and the kubelet says
    `unknown service runtime.v1`. 2.2.1 fills it in only where there are no mirrors.

    Fix: install 2.2.1 or later, and say so: `version: "2.2.1"`.

    Source: containerd/containerd#12612.

    Bad:
        targets:
          - {target: containerd, endpoints: api, version: "2.2"}
        lint: {ignore: [RS208]}

    Good:
        targets:
          - {target: containerd, endpoints: api, version: "2.2.1"}
        lint: {ignore: [RS208]}
    """
    for choice in subject.choices:
        version = choice.option("version", "")
        if choice.target == "containerd" and (version == "2.2" or version.startswith("2.2.0")):
            yield (
                _place(choice, "version"),
                "containerd 2.2.0 does not load its CRI plugin with `registry.mirrors`",
                'install 2.2.1 or later, and write `version: "2.2.1"`',
            )


@rule("RS210", Severity.WARNING)
def newer_fragment(subject: Subject) -> Iterator[Found]:
    """A fragment in version 3 works only below a main file in version 3.

    Where config.toml says `version = 2`, containerd 2.0 to 2.2 drop its CRI settings without a
    word, and 2.3 does not start. A fragment in version 2 works below every main file.

    Fix: leave out `configVersion`.

    Source: measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        targets:
          - {target: containerd, endpoints: api, version: "2.1", configVersion: 3}
        lint: {ignore: [RS208]}

    Good:
        targets:
          - {target: containerd, endpoints: api, version: "2.1"}
        lint: {ignore: [RS208]}
    """
    for choice in _fragments(subject):
        api = choice.option("endpoints") == "api"
        old = choice.option("version", "2").startswith("1.")
        if choice.option("configVersion") == 3 and api and not old:  # noqa: PLR2004
            yield (
                _place(choice, "configVersion"),
                "below a config.toml of version 2, a fragment in version 3 breaks the node",
                "leave it out: a fragment in version 2 works below every config.toml",
            )


@rule("RS211", Severity.WARNING)
def upstream_is_asked(subject: Subject) -> Iterator[Found]:
    """`fallback: deny` has no effect on containerd's `registry.mirrors`.

    containerd always goes on to the upstream when a mirror answers 401, 403, 404 or 5xx, or not at
    all. Behind a firewall that drops packets, that is 30 seconds for each request.

    Fix: a hosts.toml with the mirror as its `server` can forbid it.

    Source: measured on containerd 1.6.20 to 2.4.0-beta; k3s-io/k3s#10351.

    Bad:
        fallback: deny
        targets:
          - {target: containerd, endpoints: api}

    Good:
        fallback: allow
        targets:
          - {target: containerd, endpoints: api}
    """
    spec = subject.spec
    if not spec.fallback_written or spec.fallback != "deny":
        return
    if any(choice.target == "containerd" for choice in subject.choices):
        yield (
            Place(("fallback",)),
            "target `containerd` cannot forbid the upstream: it is asked whenever a mirror fails",
            "a hosts.toml below certs.d can",
        )


@rule("RS212", Severity.WARNING)
def documented_without_ca(subject: Subject) -> Iterator[Found]:
    """The documented containerd file has no place for the CA.

    Pulls fail with `x509: certificate signed by unknown authority` (on 2.x, with the `not found`
    of the upstream), unless the trust store of the node has the CA.

    Fix: for containerd 1.x compile `endpoints: api` with `caFile`; else put the CA into the nodes'
    trust store, or into a hosts.toml below certs.d.

    Source: measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        registry: {caCert: {file: ca.crt}}
        mirrors: [{source: docker.io, path: ""}]
        targets: [containerd]

    Good:
        registry: {caCert: {file: ca.crt}}
        mirrors: [{source: docker.io, path: ""}]
        targets:
          - {target: containerd, endpoints: api, version: "1.7", caFile: /etc/ca.crt, form: full}
    """
    spec = subject.spec
    reached = {m.location.host for m in spec.mirrors if m.proxy_cache or not m.location.path}
    for choice in subject.choices:
        if choice.target != "containerd" or choice.option("endpoints") == "api":
            continue
        for host, _, skip in containerd.tls_hosts(spec):
            if host in reached:
                what = "`insecureSkipVerify`" if skip else "the CA"
                yield (
                    _place(choice),
                    f"the documented file cannot say {what} of {word(host)}",
                    "put the CA into the nodes' trust store, or write `endpoints: api` for 1.x",
                )
