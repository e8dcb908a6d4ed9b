"""A long list in pages. The server cuts it, so that a page of 100,000 tables is as small as any."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

SIZE: Final = 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """The items of one page: numbers `first` to `last` of `total`. `before` and `after` are the neighbours' numbers, if any."""

    items: Sequence[T]
    number: int
    pages: int
    total: int
    size: int

    @property
    def first(self) -> int:
        """The number of the first item, from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        """The number of the last item."""
        return self.first + len(self.items) - 1

    @property
    def before(self) -> int | None:
        """The page before."""
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        """The page after."""
        return self.number + 1 if self.number < self.pages else None


def page_of(items: Sequence[T], request: Request, size: int = SIZE) -> Page[T]:
    """The page that the address names; a number that is too large is the last page, anything else the first."""
    text = request.query_params.get("page", "1")
    wanted = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1
    pages = max(1, -(-len(items) // size))
    number = min(max(1, wanted), pages)
    shown = list(islice(items, (number - 1) * size, number * size))
    return Page(items=shown, number=number, pages=pages, total=len(items), size=size)
