"""What a toy requests for an image."""

from __future__ import annotations

import json

from ..attempt import Attempt, manifest_url, resolver_of


def resolvers(files, versions):
    """The toy, by its file."""
    del versions
    data = json.loads(files.text("/etc/toy/mirrors.json"))["toy"]

    def attempts(image):
        if image.registry in data:
            host, _, path = data[image.registry].partition("/")
            url = manifest_url(image, "https", host, f"/v2/{path}")
            yield Attempt(url, upstream=False, file="/etc/toy/mirrors.json")

    yield resolver_of("toy", attempts)
