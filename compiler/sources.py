"""What a spec refers to: environment variables and files, resolved into texts.

No message here holds a name of a file or what was in it: a password put in the wrong place
must not be printed. The line of the spec says which reference is meant.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from . import certificates, reference
from .diagnostics import Finding, Path, Place, Severity
from .frozen import field, frozen, replace
from .model import Access, FromEnvironment, FromFile, Spec, Text
from .regular_file import read_regular, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path as FilePath

_NOT_UTF8 = "what this refers to is not UTF-8"
_DER_HELP = "a certificate in DER becomes PEM by `openssl x509 -inform der -in FILE`"
_MOST_BAD_LINES = 100
LARGEST_FILE = 1024 * 1024
"""The largest file that a spec may refer to, in bytes."""


_RELATIVE = "a path is relative to the folder of the spec; of the spec `-`, to where you are"


class Unresolvable(Exception):  # noqa: N818 - it says what the reference is
    """A reference cannot be resolved.

    Args:
        message: why, without any part of the file.
        help: what to do.
    """

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 - as in Finding
        super().__init__(message)
        self.message = message
        self.help = help


ReadFile = Callable[[str], bytes]
"""Reads the files that a spec refers to.

It takes the path that the spec holds, gives the bytes, and raises `Unresolvable` where the file
cannot be read, or may not be.
"""


@frozen
class FolderReader:
    """Reads regular files inside a folder, or inside others that the user has allowed."""

    folder: str | FilePath
    """The folder of the spec, which its paths are relative to."""
    allowed: tuple[FilePath, ...] = ()

    def __call__(self, path: str) -> bytes:
        """The bytes of a file; see `ReadFile`."""
        try:
            real = os.path.realpath(os.path.join(self.folder, path), strict=True)
            roots = [os.path.realpath(root) for root in (self.folder, *self.allowed)]
            if not any(os.path.commonpath([root, real]) == root for root in roots):
                raise Unresolvable(
                    "this file is outside the folder of the spec",
                    "move it there, or allow its folder with `--allow-file DIR`",
                )
            content, _ = read_regular(real, most=LARGEST_FILE + 1, follow=False)
        except OSError as error:
            advice = _RELATIVE if isinstance(error, FileNotFoundError) else ""
            raise Unresolvable(f"this file cannot be read: {reason(error)}", advice) from None
        if len(content) > LARGEST_FILE:
            raise Unresolvable(f"this file is larger than {LARGEST_FILE} bytes")
        return content


@frozen
class NotingReader:
    """Reads as another does, and notes which files were read."""

    read: ReadFile
    paths: list[str] = field(default_factory=list)
    """As the spec holds them, in the order in which they were read."""

    def __call__(self, path: str) -> bytes:
        """The bytes of a file; see `ReadFile`."""
        content = self.read(path)
        self.paths.append(path)
        return content


def resolve(
    spec: Spec,
    environment: Mapping[str, str],
    read_file: ReadFile,
    *,
    logins: bool = True,
    stand_in: str = "",
) -> tuple[Spec, list[Finding]]:
    """The spec with every reference replaced by its text and every CA in canonical form.

    Args:
        spec: the model of a valid spec.
        environment: the variables that `{env: NAME}` may name.
        read_file: reads what `{file: PATH}` names.
        logins: whether user names and passwords are resolved; if not, they stay references, and
            a variable that is not set is only an info.
        stand_in: takes the place of what cannot be resolved, and makes that only an info.

    Returns:
        The resolved spec, and an error for each reference or CA that could not be.
    """
    resolver = _Resolver(environment, read_file, logins=logins, stand_in=stand_in)
    registry = replace(spec.registry, access=resolver.access(spec.registry.access))
    hosts = {host: resolver.access(access) for host, access in spec.hosts.items()}
    images = spec.images
    if isinstance(images, FromFile):
        images = resolver.images(images)
    resolved = replace(spec, registry=registry, hosts=hosts, images=images)
    return resolved, resolver.findings


class _Resolver:
    """Resolves one text after another and collects what is wrong."""

    def __init__(
        self,
        environment: Mapping[str, str],
        read_file: ReadFile,
        *,
        logins: bool,
        stand_in: str,
    ) -> None:
        self.logins = logins
        self.stand_in = stand_in
        self.environment = environment
        self.read_file = read_file
        self.findings: list[Finding] = []

    def access(self, access: Access) -> Access:
        """An access with its login and CA as text."""
        return replace(
            access,
            username=self._login(access.username, (*access.path, "username")),
            password=self._login(access.password, (*access.path, "password")),
            ca_cert=self._ca(access.ca_cert, (*access.path, "caCert")),
        )

    def images(self, source: FromFile) -> tuple[str, ...]:
        """The references of an image list: one a line, with blank lines and # comments."""
        path: Path = ("images",)
        images = []
        text = self._text(source, path).removeprefix("\ufeff")  # what some editors begin with
        if text and text == self.stand_in:
            return ()
        for number, line in enumerate(text.splitlines(), 1):
            image = line.strip()
            if not image or image.startswith("#"):
                continue
            try:
                reference.parse(image)
            except reference.NotAReference as why:
                message = f"line {number} of this file is not an image reference: {why}"
                self._refuse(path, "reference", message)
                if len(self.findings) > _MOST_BAD_LINES:
                    break
            images.append(image)
        return tuple(images)

    def _login(self, text: Text, path: Path) -> Text:
        if self.logins:
            return self._text(text, path)
        if isinstance(text, FromEnvironment) and text.name not in self.environment:
            message = f"`{path[-1]}`: {_shown(text.name)} is not set in the environment"
            place = Place((*path, "env"))
            self.findings.append(
                Finding(
                    Severity.INFO, "reference", place, message, "`regspec compile` will need it"
                )
            )
        return text

    def _ca(self, text: Text, path: Path) -> str:
        resolved = self._text(text, path, _DER_HELP)
        if resolved and resolved == self.stand_in:
            return resolved
        try:
            return certificates.canonical(resolved)
        except certificates.NotCertificates as why:
            self._refuse(path, "ca", why.message, why.help)
            return ""

    def _text(self, text: Text, path: Path, not_text: str = "") -> str:
        """The text; `not_text` is the help when it turns out to be none."""
        try:
            match text:
                case FromEnvironment(name):
                    return self._variable(name)
                case FromFile(file):
                    return _decoded(self.read_file(file))
                case _:
                    return text
        except Unresolvable as why:
            step = "env" if isinstance(text, FromEnvironment) else "file"
            if self.stand_in:
                message = f"`{path[-1]}` is not compared: {why.message}"
                place = Place((*path, step))
                self.findings.append(Finding(Severity.INFO, "reference", place, message))
                return self.stand_in
            advice = not_text if why.message == _NOT_UTF8 else why.help
            self._refuse((*path, step), "reference", why.message, advice)
            return ""

    def _variable(self, name: str) -> str:
        variable = _shown(name)
        value = self.environment.get(name)
        if value is None:
            line = f"`export {name}=...`" if name.isupper() else "export it"
            raise Unresolvable(f"{variable} is not set in the environment", f"{line} first")
        try:
            return _decoded(value.encode("utf-8"))
        except UnicodeEncodeError:
            raise Unresolvable(f"{variable} is not UTF-8") from None

    def _refuse(self, path: Path, code: str, message: str, advice: str = "") -> None:
        name = next(key for key in reversed(path) if key not in ("env", "file"))
        said = f"`{name}`: {message}"
        self.findings.append(Finding(Severity.ERROR, code, Place(path), said, advice))


def _shown(name: str) -> str:
    """What a variable is called: one in capitals by name, another could be the secret itself."""
    return f"the variable `{name}`" if name.isupper() else "this variable"


def _decoded(content: bytes) -> str:
    """The text of a variable or file, less one final line break, which is rarely meant."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unresolvable(_NOT_UTF8) from None
    text = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    if not text:
        raise Unresolvable("what this refers to is empty", 'write `""` when there is no value')
    return text
