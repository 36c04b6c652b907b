"""A copy of a node's root, on the disk of whoever looks at it."""

from __future__ import annotations

import os

from ..dialects.files import Unreadable
from ..frozen import frozen
from ..limits import LARGEST_TEXT
from ..regular_file import read_regular, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


@frozen
class NodeFolder:
    """The files of a node (see `dialects.files.Tree`) below a folder.

    A link in it is followed as the node would: an absolute one begins at the folder.
    """

    folder: Path

    def text(self, path: str) -> str | None:
        """The text of a file, or none if it is not there; see `Tree`."""
        real = self.real(path)
        if real is None or not os.path.lexists(real):
            return None
        try:
            content, _ = read_regular(real, most=LARGEST_TEXT + 1, follow=False)
        except OSError as error:
            raise Unreadable(f"{path}: {reason(error)}") from None
        if len(content) > LARGEST_TEXT:
            raise Unreadable(f"{path}: larger than {LARGEST_TEXT} bytes")
        return content.decode("utf-8", "replace")

    def names(self, folder: str) -> list[str] | None:
        """What is in a folder, or none if it is not there."""
        real = self.real(folder)
        try:
            return None if real is None else sorted(os.listdir(real))
        except OSError:
            return None

    def real(self, path: str) -> str | None:
        """The path on this machine, with links resolved inside the folder, or none."""
        if "\0" in path:
            return None
        parts = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        walked: list[str] = []
        steps = 0
        while parts:
            part = parts.pop()
            if part == "..":
                walked = walked[:-1]
                continue
            here = os.path.join(self.folder, *walked, part)
            if os.path.islink(here):
                steps += 1
                if steps > 40:  # noqa: PLR2004 - as many as Linux follows
                    return None
                target = os.readlink(here)
                if target.startswith("/"):
                    walked = []
                parts += [one for one in reversed(target.split("/")) if one not in ("", ".")]
                continue
            walked.append(part)
        return os.path.join(self.folder, *walked)
