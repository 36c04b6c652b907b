"""What the versions of containerd make of its files, and what the documented form cannot say."""

from __future__ import annotations

from ...diagnostics import Place, Severity, code_span
from ...mirrors import default_scheme as scheme_of
from ...rules.rule import LintContext, RuleResult, place_of, rule
from .. import dialect_of
from . import CERTS_D, CONFIG, HOSTS_FORMAT, tls_hosts, versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import TargetEntry


def _may_be_1x(choice: TargetEntry) -> bool:
    """Whether nodes of a choice may have containerd 1.x: its `version` does not exclude it."""
    version: str = choice.option("version", "1.")
    return version.startswith("1.")


def _fragments(subject: LintContext) -> Iterator[TargetEntry]:
    """The chosen containerd files that are a part of a node's configuration."""
    for choice in subject.choices:
        if choice.target == CONFIG.name and choice.option("form") != "full":
            yield choice


@rule("RS101", Severity.WARNING)
def documented_endpoint_without_v2(subject: LintContext) -> Iterator[RuleResult]:
    """The documented containerd endpoint has a path without `/v2`.

    containerd takes the path of an endpoint verbatim as the root of the registry's API. In the
    documented form it is the path of the mirror, so containerd requests the web pages of the
    registry in place of its API, gets 404 or a page, and goes on to the upstream or fails. The
    file is still the documented one, and nodes are compared with it.

    Fix: `endpoints: api` writes URLs that containerd pulls through.

    Source: measured on containerd 1.6.20 to 2.4.0-beta; containerd/containerd#6634.

    Bad:
        targets: [containerd]

    Good:
        targets:
          - {target: containerd, endpoints: api}
    """
    for choice in subject.choices:
        if choice.target != CONFIG.name or choice.option("endpoints") == "api":
            continue
        found = [m for m in subject.spec.mirrors if m.location.path and not m.proxy_cache]
        if not found:
            continue
        first = found[0]
        others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        name = "library/NAME" if first.source == "docker.io" else "NAME"
        url = f"{scheme_of(first.location.host)}://{first.documented}/{name}/manifests/TAG"
        yield (
            Place(choice.path) if choice.path else first.place,
            (
                f"containerd cannot pull through the documented endpoint of "
                f"{code_span(first.source)}{others}: it requests {url}, which has no `/v2`"
            ),
            (
                "`{target: containerd, endpoints: api}` writes URLs that work; "
                "`lint: {ignore: [RS101]}` says that you know"
            ),
        )


@rule("RS109", Severity.WARNING)
def assumed_scheme(subject: LintContext) -> Iterator[RuleResult]:
    """The documented containerd endpoint says no scheme, and containerd takes the wrong one.

    For an endpoint without a scheme containerd speaks https, but http for `localhost`,
    127.0.0.0/8 and `[::1]`. A registry that speaks the other is not reached, and containerd
    contacts the upstream.

    Fix: `endpoints: api` writes the scheme that the spec says.

    Source: measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        registry: {plainHTTP: true}
        mirrors: [{source: docker.io, path: ""}]
        targets: [containerd]

    Good:
        registry: {plainHTTP: true}
        mirrors: [{source: docker.io, path: ""}]
        targets:
          - {target: containerd, endpoints: api}
    """
    spec = subject.spec
    for choice in subject.choices:
        if choice.target != CONFIG.name or choice.option("endpoints") == "api":
            continue
        told: set[str] = set()
        for mirror in spec.mirrors:
            host, access = mirror.location.host, spec.access(mirror.location.host)
            assumed = scheme_of(host)
            real = "http" if access and access.plain_http else "https"
            reached = mirror.proxy_cache or not mirror.location.path
            if access is None or assumed == real or host in told or not reached:
                continue
            told.add(host)
            yield (
                Place(choice.path) if choice.path else mirror.place,
                (
                    f"containerd speaks {assumed} to the documented endpoint "
                    f"{code_span(host)}, not {real}"
                ),
                "`{target: containerd, endpoints: api}` writes the scheme",
            )


@rule("RS203", Severity.ERROR)
def tls_not_expressible(subject: LintContext) -> Iterator[RuleResult]:
    """A private CA, or a skipped check, that the containerd configuration cannot have.

    `registry.configs."HOST".tls` was removed in containerd 2.0: the key is ignored with a
    warning, TLS fails, and containerd contacts the upstream. For 1.x it needs the path of the CA
    on the node.

    Fix: compile target `certs.d`, which every version reads; or, for 1.x, say `version: "1.7"` and
    `caFile`.

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
        if choice.target != CONFIG.name or choice.option("endpoints") != "api":
            continue
        for host, has_ca, skip in tls_hosts(subject.spec):
            what = "`insecureSkipVerify`" if skip else "the CA"
            version = choice.option("version")
            if version is None:
                yield (
                    place_of(choice),
                    f"{what} of {code_span(host)} needs the containerd version of the nodes",
                    'add `version: "1.7"`, for instance; 2.0 and later need target `certs.d`',
                )
            elif not version.startswith("1."):
                yield (
                    place_of(choice, "version"),
                    f"containerd {version} cannot get {what} of {code_span(host)} in this file",
                    "compile target `certs.d` in place of this one; every version reads it",
                )
            elif has_ca and not skip and choice.option("caFile") is None:
                yield (
                    place_of(choice),
                    f"{what} of {code_span(host)} needs its path on the nodes",
                    "add `caFile: /etc/containerd/ca.crt`, for instance",
                )


@rule("RS207", Severity.WARNING)
def fragment_on_1x(subject: LintContext) -> Iterator[RuleResult]:
    """On containerd 1.x an imported fragment replaces the other CRI settings of the node.

    Imports are not merged below `plugins."io.containerd.grpc.v1.cri"`: the file that is read last
    wins whole. `SystemdCgroup` falls back to false, the sandbox image to the default, and the
    kubelet and containerd no longer agree on cgroups. The fragment of target `certs.d` is reported
    unless its `version` excludes containerd 1.x.

    Fix: for target `certs.d`, write the settings that must stay, `systemdCgroup` and
    `sandboxImage`; or `version: "2.0"`, if no node has containerd 1.x. For target `containerd`, put
    the tables into the node's config.toml itself, or compile `form: full`.

    Source: measured on containerd 1.6.20, 1.6.39 and 1.7.34; containerd/containerd#5837.

    Bad:
        targets: [certs.d]

    Good:
        targets:
          - {target: certs.d, systemdCgroup: true, sandboxImage: "registry.k8s.io/pause:3.9"}
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
        version, settings = choice.option("version"), choice.option("systemdCgroup")
        if choice.target == CERTS_D.name and _may_be_1x(choice) and settings is None:
            options = (
                "add `systemdCgroup: true` (or false), and `sandboxImage` if the node sets one"
            )
            newer = "" if version else '; or `version: "2.0"`, if no node has containerd 1.x'
            yield (
                place_of(choice, "version"),
                (
                    f"imported by containerd {version or '1.x'}, conf.d/50-regspec.toml replaces "
                    "the node's other CRI settings, such as `SystemdCgroup`"
                ),
                f"{options}{newer}",
            )


@rule("RS208", Severity.INFO)
def mirrors_are_deprecated(subject: LintContext) -> Iterator[RuleResult]:
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
        if choice.target == CONFIG.name and not version.startswith("1."):
            yield (
                place_of(choice, "version"),
                f"containerd {version} reads `registry.mirrors`, whose removal is announced",
                "target `certs.d` is what stays",
            )


@rule("RS209", Severity.WARNING)
def mirrors_on_2_2_0(subject: LintContext) -> Iterator[RuleResult]:
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
        if choice.target == CONFIG.name and (version == "2.2" or version.startswith("2.2.0")):
            yield (
                place_of(choice, "version"),
                "containerd 2.2.0 does not load its CRI plugin with `registry.mirrors`",
                'install 2.2.1 or later, and write `version: "2.2.1"`',
            )


@rule("RS210", Severity.WARNING)
def newer_fragment(subject: LintContext) -> Iterator[RuleResult]:
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


@rule("RS212", Severity.WARNING)
def documented_without_ca(subject: LintContext) -> Iterator[RuleResult]:
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
        if choice.target != CONFIG.name or choice.option("endpoints") == "api":
            continue
        for host, _, skip in tls_hosts(spec):
            if host in reached:
                what = "`insecureSkipVerify`" if skip else "the CA"
                yield (
                    place_of(choice),
                    f"the documented file cannot say {what} of {code_span(host)}",
                    "target `certs.d` can; or put the CA into the nodes' trust store",
                )


@rule("RS213", Severity.ERROR)
def certs_d_and_mirrors(subject: LintContext) -> Iterator[RuleResult]:
    """`certs.d` and `containerd` exclude each other on one node.

    With both `config_path` and `registry.mirrors`, containerd runs without its CRI plugin, and the
    kubelet says `unknown service runtime.v1`. On 1.x the fragment that is read last wins instead.

    Fix: compile one of them for each node; two that are for different nodes say so by different
    `version`s.

    Source: measured on containerd 1.6.20 to 2.4.0-beta; containerd/containerd#5306.

    Bad:
        targets:
          - {target: certs.d, systemdCgroup: true}
          - {target: containerd, endpoints: api}

    Good:
        targets:
          - {target: certs.d, systemdCgroup: true}
    """
    for choice in subject.choices:
        if choice.target != CERTS_D.name:
            continue
        version = choice.option("version")
        for other in subject.choices:
            others = other.option("version")
            if other.target == CONFIG.name and (not version or others in (None, version)):
                yield (
                    place_of(choice),
                    "on one node, `certs.d` and `containerd` keep containerd's CRI from loading",
                    "remove one; if they are for different nodes, give each its `version`",
                )
                break


@rule("RS214", Severity.WARNING)
def login_left_behind(subject: LintContext) -> Iterator[RuleResult]:
    """The registry requires credentials, and the nodes have none.

    Every pull without a pull secret gets 401: the pull of the sandbox image always, since
    containerd makes it without the kubelet.

    Fix: target `certs.d` with `credentials: config`; or give every pod a pull secret, and the
    sandbox image another way.

    Source: measured on containerd 1.6.20 to 2.4.0-beta.

    Bad:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets:
          - {target: certs.d, systemdCgroup: true}

    Good:
        registry: {username: puller, password: {env: REGISTRY_PASSWORD}}
        targets:
          - {target: certs.d, credentials: config, systemdCgroup: true}
    """
    if not any(access.has_login for access in subject.accesses):
        return
    for target, choice in subject.targets:
        mirrors = target is CONFIG and choice.option("endpoints") == "api"
        limit = target.limits_of(choice).login
        hosts = target is not CONFIG and limit and limit.reported_by == "RS214"
        if limit and (mirrors or hosts):
            meant = CERTS_D.name if mirrors else target.name
            reason = limit.reason or "pulls without a pull secret fail"
            yield (
                place_of(choice),
                f"target `{target.name}` leaves the login out: {reason}",
                limit.advice or f"write `{{target: {meant}, credentials: config}}`",
            )


@rule("RS216", Severity.WARNING)
def header_before_2_1(subject: LintContext) -> Iterator[RuleResult]:
    """Up to containerd 2.0, a login in hosts.toml reaches no registry that hands out tokens.

    Harbor and most others do. The header goes to the registry, which requests a token, and the
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
    for target, choice in subject.targets:
        version = choice.option("version", "before 2.1")
        if "version" not in target.options:
            continue
        if choice.option("credentials") == "header" and version.startswith(("1.", "2.0", "b")):
            yield (
                place_of(choice, "credentials"),
                f"containerd {version} sends this login to no registry that hands out tokens",
                "write `credentials: config`; or `version`, if the nodes have 2.1 or later",
            )


@rule("RS243", Severity.ERROR)
def ipv6_on_1x(subject: LintContext) -> Iterator[RuleResult]:
    """Containerd 1.x cannot read an IPv6 address in the header of a table.

    With `fallback: allow`, each hosts.toml has a table `[host."https://[fd00::1]:5000/…"]`.
    containerd 1.6 and 1.7 ignore such a file as a whole and pull from the upstream. There is no
    form of the table that 1.x and 2.x read. With `fallback: deny` the mirror is the `server` of
    hosts.toml, which every version reads.

    Fix: if no node has containerd 1.x, write `version: "2.0"`. Otherwise write `fallback: deny`, or
    give the registry a DNS name.

    Source: measured on containerd 1.6.20, 1.6.39 and 1.7.34; go-toml 1.9.5, lexer.go.

    Bad:
        registry: {endpoint: "[fd00::1]:5000"}
        fallback: allow
        targets:
          - {target: certs.d, systemdCgroup: true}

    Good:
        registry: {endpoint: "[fd00::1]:5000"}
        fallback: allow
        targets:
          - {target: certs.d, version: "2.0"}
    """
    spec = subject.spec
    mirrors = [mirror for mirror in spec.mirrors if mirror.location.host.startswith("[")]
    if not mirrors or spec.fallback != "allow":
        return
    first, more = mirrors[0], f" (and {len(mirrors) - 1} more)" if len(mirrors) > 1 else ""
    for target, choice in subject.targets:
        has_version = HOSTS_FORMAT.kind in target.makes and "version" in target.options
        if has_version and _may_be_1x(choice):
            yield (
                place_of(choice, "version"),
                (
                    f"containerd 1.x ignores the hosts.toml of {code_span(first.source)}{more}: "
                    f"the IPv6 address {code_span(first.location.host)} is in a table header"
                ),
                (
                    'if no node has containerd 1.x, write `version: "2.0"`; otherwise write '
                    "`fallback: deny`, or use a DNS name"
                ),
            )


@rule("RS244", Severity.WARNING)
def unknown_version(subject: LintContext) -> Iterator[RuleResult]:
    """A `version` of containerd that regspec does not know.

    regspec knows what each line of containerd does with the files. It cannot check them for a
    version that does not exist. Often that is the version of Kubernetes, or a dot is missing:
    `2.31` for `2.3.1`.

    Fix: write what `containerd --version` prints on the nodes, or leave `version` out.

    Source: the releases of containerd/containerd, from 1.6 to 2.4.

    Bad:
        targets:
          - {target: certs.d, version: "9.9"}

    Good:
        targets:
          - {target: certs.d, version: "2.1"}
    """
    for target, choice in subject.targets:
        version = choice.option("version")
        # In the other dialects, `version` is the version of their own consumer.
        of_containerd = version and unknown_version in dialect_of(target.name).rules
        problem = versions.problem_with(version) if of_containerd else None
        if problem:
            yield (place_of(choice, "version"), *problem)


def conflicts(choice: TargetEntry) -> Iterator[RuleResult]:
    """The options of target `containerd` that exclude others (RS202)."""
    if choice.option("configVersion", 2) == 2:  # noqa: PLR2004
        return
    place = place_of(choice, "configVersion")
    if choice.option("endpoints") != "api":
        problem = "the documented endpoints exist in `configVersion: 2` only"
        yield place, problem, "leave it out, or add `endpoints: api`"
    elif choice.option("form") == "full":
        problem = "the whole documented file exists in `configVersion: 2` only"
        yield place, problem, "leave it out, or remove `form: full`"
    elif choice.option("version", "2").startswith("1."):
        problem = f"containerd {choice.option('version')} does not read `configVersion: 3`"
        yield place, problem, "leave it out: version 2 works with every containerd"


OF_VERSIONS = (unknown_version,)
OF_LOGINS = (login_left_behind, header_before_2_1)
OF_HOSTS = (*OF_LOGINS, ipv6_on_1x, *OF_VERSIONS)
RULES = (
    documented_endpoint_without_v2,
    assumed_scheme,
    tls_not_expressible,
    fragment_on_1x,
    mirrors_are_deprecated,
    mirrors_on_2_2_0,
    newer_fragment,
    documented_without_ca,
    certs_d_and_mirrors,
    *OF_HOSTS,
)
