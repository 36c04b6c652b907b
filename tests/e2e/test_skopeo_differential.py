"""The model of podman and CRI-O against the skopeo that is installed, on random specs.

Every registry is empty, so skopeo requests all places that it knows, in order.
REGSPEC_DIFFERENTIAL_SEED and REGSPEC_DIFFERENTIAL_SPECS choose other specs.
"""

from __future__ import annotations

import os
import random

from regspec import reference
from regspec.dialects.containers.resolve import resolvers
from regspec.dialects.files import Files

SPECS = int(os.environ.get("REGSPEC_DIFFERENTIAL_SPECS", "20"))
SEED = int(os.environ.get("REGSPEC_DIFFERENTIAL_SEED", "1"))
MIRRORS = ("harbor.example.test", "nexus.example.test")
SOURCES = (
    "docker.io",
    "docker.io/library",
    "quay.io",
    "ghcr.io",
    "reg.example.test:5000",
    "harbor.example.test",
)
IMAGES = (
    "docker.io/library/hello:1",
    "docker.io/team/app:1",
    "quay.io/a/b/c:1",
    "ghcr.io/a/b@sha256:" + "a" * 64,
    "reg.example.test:5000/team/app:1",
    "gcr.io/x/y:1",
    "harbor.example.test/team/app:1",
)
CONF = "containers/registries.conf.d/50-regspec.conf"
POLICY = {"/etc/containers/policy.json": '{"default": [{"type": "insecureAcceptAnything"}]}'}


def random_spec(chance, ca):
    """A spec with some of the sources, each at a path of its own on one of two hosts."""
    sources = chance.sample(SOURCES, chance.randint(1, len(SOURCES)))
    mirrors = [
        {"source": source, "target": f"{chance.choice(MIRRORS)}/{chance.choice('ab')}{number}"}
        for number, source in enumerate(sources)
    ]
    return {
        "registry": {"endpoint": MIRRORS[0], "caCert": ca},
        "mirrors": mirrors,
        "hosts": {MIRRORS[1]: {"caCert": ca}},
        "fallback": chance.choice(["allow", "deny"]),
        "targets": ["registries.conf"],
    }


def predicted(conf, image):
    (resolver,) = resolvers(Files({f"/etc/{CONF}": conf}), ())
    outcome = resolver.pull(image, reference.parse(image))
    return [attempt.url for attempt in outcome.attempts]


def requested(lines):
    """The URLs of the requests for manifests, without those that are repeated at once."""
    urls = [line.split()[1] for line in lines if "/manifests/" in line]
    return [url for number, url in enumerate(urls) if url not in urls[number - 1 : number]]


def test_skopeo_requests_what_the_model_predicts(stage, compiled, authority):
    chance = random.Random(SEED)
    tries, files = [], dict(POLICY)
    for number in range(SPECS):
        made = compiled(random_spec(chance, authority.ca))
        conf = made[CONF]
        files |= {f"/etc/{path}": text for path, text in made.items() if path.endswith(".crt")}
        files[f"/etc/containers/random/{number}.conf"] = conf
        tries += [(number, conf, image) for image in chance.sample(IMAGES, 2)]
    commands = [
        [
            *("skopeo", "--registries-conf", f"/etc/containers/random/{number}.conf"),
            *("inspect", "--raw", f"docker://{image}"),
        ]
        for number, _, image in tries
    ]
    report = stage(files=files, commands=commands, upstream_serves=True)
    for (_, conf, image), command in zip(tries, report.commands, strict=True):
        urls = predicted(conf, image)
        at_mirrors = [url for url in urls if url.split("/")[2] in MIRRORS]
        found = requested(command.mirror), requested(command.upstream)
        assert found == (at_mirrors, [url for url in urls if url not in at_mirrors]), (
            conf,
            image,
            found,
            urls,
            command.err,
        )
