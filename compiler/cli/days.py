"""Which day it is, for findings about certificates."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt


def today() -> dt.date:
    """The day in UTC: the day of SOURCE_DATE_EPOCH, if a build has set it, or the real one."""
    import datetime as dt

    try:
        return dt.datetime.fromtimestamp(
            int(os.environ.get("SOURCE_DATE_EPOCH", "")), dt.UTC
        ).date()
    except (ValueError, OverflowError, OSError):
        return dt.datetime.now(dt.UTC).date()
