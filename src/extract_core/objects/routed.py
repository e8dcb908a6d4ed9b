"""One store for all schemes: each call goes to the store of its URI's scheme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.errors import ObjectError
from extract_core.objects.files import FileObjects
from extract_core.objects.s3 import S3Objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from extract_core.clients import Clients
    from extract_core.objects.store import ObjectStore, Sized, Stamped


def open_objects(clients: Clients | None = None) -> ObjectStore:
    """The stores of this version: ``file://`` and ``s3://``. Each connects and imports only when it is used."""
    return RoutedObjects({"file": FileObjects(), "s3": S3Objects(clients=clients)})


class RoutedObjects:
    """Passes each call to the store of its URI's scheme."""

    def __init__(self, stores: Mapping[str, ObjectStore]) -> None:
        self._stores = stores

    def read(self, uri: str, *, most: int | None = None) -> bytes:
        """As in `ObjectStore`."""
        return self._store(uri).read(uri, most=most)

    def read_changed(self, uri: str, stamp: str | None) -> Stamped | None:
        """As in `ObjectStore`."""
        return self._store(uri).read_changed(uri, stamp)

    def read_range(self, uri: str, offset: int, length: int) -> bytes:
        """As in `ObjectStore`."""
        return self._store(uri).read_range(uri, offset, length)

    def write(self, uri: str, data: bytes, *, if_absent: bool = False) -> bool:
        """As in `ObjectStore`."""
        return self._store(uri).write(uri, data, if_absent=if_absent)

    def write_parts(self, uri: str, parts: Iterable[bytes]) -> None:
        """As in `ObjectStore`."""
        self._store(uri).write_parts(uri, parts)

    def exists(self, uri: str) -> bool:
        """As in `ObjectStore`."""
        return self._store(uri).exists(uri)

    def list(self, prefix: str) -> Iterator[str]:
        """As in `ObjectStore`."""
        return self._store(prefix).list(prefix)

    def sizes(self, folder: str, *, after: str = "") -> Iterator[Sized]:
        """As in `ObjectStore`."""
        return self._store(folder).sizes(folder, after=after)

    def delete(self, uri: str) -> None:
        """As in `ObjectStore`."""
        self._store(uri).delete(uri)

    def _store(self, uri: str) -> ObjectStore:
        scheme, colon, _ = uri.partition("://")
        store = self._stores.get(scheme) if colon else None
        if store is not None:
            return store
        known = ", ".join(f"{name}://" for name in sorted(self._stores))
        if not colon:
            raise ObjectError(f"{uri!r} is not a URI; write it with its scheme ({known}), a file as file:///folder/name")
        raise ObjectError(f"{uri!r}: this version has no store for {scheme}://; use one of: {known}")
