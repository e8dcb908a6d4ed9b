"""Stores that pass the suite: add one here and the whole contract runs against it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from extract_core.tracking import SQLiteTracking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract_core.tracking import TrackingStore


@pytest.fixture(params=["sqlite"])
def open_store(request, tmp_path) -> Iterator[Callable[[], TrackingStore]]:
    """Opens the same store each time it is called, as another process would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(SQLiteTracking(tmp_path / "tracking.db", busy_seconds=20))


@pytest.fixture
def store(open_store) -> TrackingStore:
    return open_store()
