"""What the log says if a table could not be made to hold what is live: which table, why, and what to do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from extract_core.errors import ObjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LATER = "The run is not affected; the next attempt that succeeds adds the rows"


class RefusedError(ValueError):
    """The Iceberg table cannot take these rows. The message says why, and what to do."""


@contextmanager
def explained(table: str, namespace: str) -> Iterator[None]:
    """Raise RuntimeError for what PyIceberg, the catalog or the storage raise. Refusals and faults of the list pass."""
    try:
        yield
    except (RefusedError, ObjectError):
        raise
    except ImportError as error:
        raise RuntimeError(
            f"table {table!r}: PyIceberg cannot be loaded ({error}). Install extract-sfn-iceberg with its dependencies, and for "
            f"a catalog of type sql pyiceberg[sql-sqlite]. {_LATER}"
        ) from error
    except Exception as error:
        raise RuntimeError(
            f"table {table!r}: its Iceberg table in the namespace {namespace!r} could not be changed: "
            f"{type(error).__name__}: {error}. Check `catalog` in [plugins.iceberg] (type, uri, warehouse), and that this "
            f"process may write to the catalog and the warehouse and read the data files. {_LATER}"
        ) from error
