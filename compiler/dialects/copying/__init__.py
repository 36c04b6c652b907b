"""What copies images into the registry: skopeo and crane, regsync, hauler and zarf."""

from __future__ import annotations

from ..dialect import BUNDLES, Dialect, Limit, Limits, Target

_LIMITS = Limits(
    wildcard=None,
    registry_beside_wildcard=None,
    library=None,
    ipv6=Limit("its readers take no such host", mark="["),
    deny=None,
    login=None,
    ca=None,
    skip_verify=None,
)
COPY_LIST = Target(
    name="copy-list",
    summary="the images to copy to the registry, as a list for skopeo or crane",
    file="copy-list.txt",
    destination="skopeo copy, line by line",
    on_nodes=False,
    restart="",
    options=(),
    makes=(),
    limits=_LIMITS,
    module="copying.write_copy_list",
    needs_images=True,
)
REGSYNC = Target(
    name="regsync",
    summary="the images to copy to the registry, as a configuration of regclient's regsync",
    file="regsync.yaml",
    destination="regsync once --config regsync.yaml",
    on_nodes=False,
    restart="",
    options=(),
    makes=(),
    limits=_LIMITS,
    module="copying.write_regsync",
    needs_images=True,
)
HAULER = Target(
    name="hauler",
    summary="the images, and the files without credentials, as manifests for hauler",
    file="hauler",
    destination="hauler store sync --filename hauler/files.yaml",
    on_nodes=False,
    restart="",
    options=(),
    makes=(),
    limits=_LIMITS,
    module="copying.write_hauler",
    parts=("files.yaml", "images"),
    companions=BUNDLES,
    needs_images=True,
)
ZARF = Target(
    name="zarf",
    summary="the images, and the files without credentials, as a package for zarf",
    file="zarf.yaml",
    destination="zarf package create",
    on_nodes=False,
    restart="",
    options=(),
    makes=(),
    limits=_LIMITS,
    module="copying.write_zarf",
    companions=BUNDLES,
    needs_images=True,
)
DIALECT = Dialect(
    name="copying",
    modules=("rules", "runbook"),
    targets=(COPY_LIST, REGSYNC, HAULER, ZARF),
)
