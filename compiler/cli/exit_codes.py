"""The exit codes: the same for every command, and stable."""

from enum import IntEnum


class Exit(IntEnum):
    """What an exit code of regspec means."""

    DONE = 0
    """Done, or up to date."""
    ATTENTION = 1
    """The spec or the files need attention: an error, a difference, an unset reference."""
    CANNOT = 2
    """Usage, or the spec or the output cannot be read or written."""
    OURS = 3
    """A bug of regspec."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""
