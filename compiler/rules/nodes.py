"""RS207 to RS216: what nodes make of the files, by their versions and together."""

from __future__ import annotations

from ..diagnostics import Place, Severity, word
from ..dialects import DEFAULT_TARGETS
from ..mirrors import WILDCARD
from ..targets import containerd
from .rule import Found, Subject, place_of, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Choice


def _fragments(subject: Subject) -> Iterator[Choice]:
    """The chosen containerd files that are a part of a node's configuration."""
    for choice in subject.choices:
        if choice.target == "containerd" and choice.option("form") != "full":
            yield choice


@rule("RS207", Severity.WARNING)
def fragment_on_1x(subject: Subject) -> Iterator[Found]:
    """On containerd 1.x an imported fragment replaces the other CRI settings of the node.

    Imports are not merged below `plugins."io.containerd.grpc.v1.cri"`: the file that is read last
    wins whole. `SystemdCgroup` falls back to false, the sandbox image to the default, and the
    kubelet and containerd no longer agree on cgroups.

    Fix: put the tables into the node's config.toml itself, or compile `form: full`. For target
    `certs.d`, say the settings that must stay: `systemdCgroup` and `sandboxImage`.

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
                place_of(choice, "version"),
                (
                    f"imported by containerd {version}, this fragment replaces the node's other "
                    "CRI settings, such as `SystemdCgroup`"
                ),
                "merge it into config.toml itself, or write `form: full`",
            )
    for choice in subject.choices:
        version, settings = choice.option("version", ""), choice.option("systemdCgroup")
        if choice.target == "certs.d" and version.startswith("1.") and settings is None:
            yield (
                place_of(choice, "version"),
                (
                    f"imported by containerd {version}, conf.d/50-regspec.toml replaces the node's "
                    "other CRI settings, such as `SystemdCgroup`"
                ),
                "add `systemdCgroup: true` (or false), and `sandboxImage` if the node sets one",
            )


@rule("RS208", Severity.INFO)
def mirrors_are_deprecated(subject: Subject) -> Iterator[Found]:
    """Containerd 2.x reads `registry.mirrors`, but has announced their removal.

    Until then they switch the node to pulling without the transfer service. What stays is
    `config_path`, with a hosts.toml for each registry.

    Fix: compile target `certs.d` in place of this one.

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
                place_of(choice, "version"),
                f"containerd {version} reads `registry.mirrors`, whose removal is announced",
                "target `certs.d` is what stays",
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
                place_of(choice, "version"),
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
                place_of(choice, "configVersion"),
                "below a config.toml of version 2, a fragment in version 3 breaks the node",
                "leave it out: a fragment in version 2 works below every config.toml",
            )


@rule("RS211", Severity.WARNING)
def upstream_is_asked(subject: Subject) -> Iterator[Found]:
    """`fallback: deny`, the default, is nothing that this file can say.

    With `registry.mirrors`, and on k3s and RKE2 by default, containerd goes on to the upstream when
    a mirror answers 401, 403, 404 or 5xx, or not at all. Behind a firewall that drops packets, that
    is 30 seconds for each request. dockerd and BuildKit go on likewise.

    Talos has `skipFallback` since 1.9. The documented file of target `containerd`, which is made
    without being asked for, is told of only where `fallback: deny` is written.

    Fix: target `certs.d` can forbid it; k3s and RKE2 can by
    `--disable-default-registry-endpoint`. For dockerd and BuildKit only the network can. Where that
    is done, say so by `lint: {ignore: [RS211]}`; where the upstream may be asked, by
    `fallback: allow`.

    Source: measured on containerd 1.6.20 to 2.4.0-beta and on dockerd 20.10.24; k3s-io/k3s#10351;
    siderolabs/talos#9723; moby/buildkit, util/resolver/resolver.go.

    Bad:
        targets: [k3s]

    Good:
        fallback: allow
        targets: [k3s]
    """
    spec = subject.spec
    if spec.fallback != "deny":
        return
    told: set[str] = set()
    for target, choice in subject.targets:
        limit = target.limits_of(choice).deny
        if limit is None or target.name in told:
            continue
        if not limit.option:  # another choice of the target cannot either
            told.add(target.name)
            if not spec.fallback_written and target.name in DEFAULT_TARGETS:
                continue
        at_fallback = spec.fallback_written and not limit.option
        consumer = limit.consumer or f"target `{target.name}`"
        yield (
            Place(("fallback",)) if at_fallback else place_of(choice, limit.option),
            f"{consumer} cannot forbid the upstream: it is asked when a mirror fails",
            limit.advice,
        )


@rule("RS212", Severity.WARNING)
def documented_without_ca(subject: Subject) -> Iterator[Found]:
    """The documented containerd file has no place for the CA.

    Pulls fail with `x509: certificate signed by unknown authority` (on 2.x, with the `not found`
    of the upstream), unless the trust store of the node has the CA.

    Fix: compile target `certs.d`; or, for containerd 1.x, `endpoints: api` with `caFile`; or put
    the CA into the nodes' trust store.

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
                    place_of(choice),
                    f"the documented file cannot say {what} of {word(host)}",
                    "target `certs.d` can; or put the CA into the nodes' trust store",
                )


@rule("RS213", Severity.ERROR)
def certs_d_and_mirrors(subject: Subject) -> Iterator[Found]:
    """`certs.d` and `containerd` exclude each other on one node.

    With both `config_path` and `registry.mirrors`, containerd runs without its CRI plugin, and the
    kubelet says `unknown service runtime.v1`. On 1.x the fragment that is read last wins instead.

    Fix: compile one of them for each node; two that are for different nodes say so by different
    `version`s.

    Source: measured on containerd 1.6.20 to 2.4.0-beta; containerd/containerd#5306.

    Bad:
        targets:
          - certs.d
          - {target: containerd, endpoints: api}

    Good:
        targets: [certs.d]
    """
    for choice in subject.choices:
        if choice.target != "certs.d":
            continue
        version = choice.option("version")
        for other in subject.choices:
            others = other.option("version")
            if other.target == "containerd" and (not version or others in (None, version)):
                yield (
                    place_of(choice),
                    "on one node, `certs.d` and `containerd` keep containerd's CRI from loading",
                    "remove one; if they are for different nodes, give each its `version`",
                )
                break


@rule("RS214", Severity.WARNING)
def login_left_behind(subject: Subject) -> Iterator[Found]:
    """The registry wants a login, and nothing on the nodes has it.

    Every pull without a pull secret gets 401: that of the sandbox image always, since containerd
    makes it without the kubelet.

    Fix: target `certs.d` with `credentials: config`; or give every pod a pull secret, and the
    sandbox image another way.

    Source: measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets: [certs.d]

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets:
          - {target: certs.d, credentials: config}
    """
    if not any(access.has_login for access in subject.accesses):
        return
    for choice in subject.choices:
        mirrors = choice.target == "containerd" and choice.option("endpoints") == "api"
        if mirrors or (
            choice.target in ("certs.d", "kind") and choice.option("credentials", "none") == "none"
        ):
            meant = "kind" if choice.target == "kind" else "certs.d"
            yield (
                place_of(choice),
                f"target `{choice.target}` leaves the login out: pulls without a pull secret fail",
                f"write `{{target: {meant}, credentials: config}}`",
            )


@rule("RS215", Severity.ERROR)
def wildcard_not_expressible(subject: Subject) -> Iterator[Found]:
    """Some runtimes have no mirror for all registries.

    The prefixes of registries.conf, and so the sources of OpenShift's mirror sets, are hosts, and
    `*.example.org` at most; buildkitd.toml has hosts only. The mirror would be missing there.

    Fix: list the registries, or leave out the target.

    Source: containers/image, pkg/sysregistriesv2; openshift/api, config/v1; moby/buildkit#5191.

    Bad:
        mirrors:
          - {source: "*", path: all}
        targets: [registries.conf]

    Good:
        mirrors: [docker.io, quay.io]
        targets: [registries.conf]
    """
    refusing = {
        target.name: None
        for target, choice in subject.targets
        if (limit := target.limits_of(choice).wildcard) and not limit.reported_by
    }
    for name in refusing:
        for mirror in subject.spec.mirrors:
            if mirror.source == WILDCARD:
                yield (
                    mirror.place,
                    f"target {word(name)} cannot express a mirror of `*`",
                    "list the registries, or leave out the target",
                )


@rule("RS216", Severity.WARNING)
def header_before_2_1(subject: Subject) -> Iterator[Found]:
    """Up to containerd 2.0, a login in hosts.toml reaches no registry that hands out tokens.

    Harbor and most others do. The header goes to the registry, which asks for a token, and the
    token server never sees it: 401.

    Fix: `credentials: config`, which every version reads.

    Source: measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets:
          - {target: certs.d, version: "2.0", credentials: header}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets:
          - {target: certs.d, version: "2.1", credentials: header}
    """
    for choice in subject.choices:
        version = choice.option("version", "before 2.1")
        if choice.option("credentials") == "header" and version.startswith(("1.", "2.0", "b")):
            yield (
                place_of(choice, "credentials"),
                f"containerd {version} sends this login to no registry that hands out tokens",
                "write `credentials: config`; or `version`, if the nodes have 2.1 or later",
            )
