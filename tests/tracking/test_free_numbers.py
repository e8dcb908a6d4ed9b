from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract_core.tracking.pools import free_numbers


@pytest.mark.parametrize(
    ("held", "size", "free"),
    [
        ((), 3, [1, 2, 3]),
        ((1, 3), 3, [2]),
        ((1, 2, 3), 3, []),
        ((6,), 4, [1, 2, 3]),
        ((4, 6), 4, [1, 2]),
        ((5, 6, 7, 8), 4, []),
        ((5, 6, 7, 8, 9), 4, []),
        ((), 0, []),
    ],
)
def test_the_numbers_that_may_be_taken(held, size, free):
    assert free_numbers(held, size) == free


@given(
    held=st.sets(st.integers(1, 30)),
    size=st.integers(1, 12),
    moves=st.lists(st.tuples(st.booleans(), st.integers(0, 50), st.booleans())),
)
def test_takers_that_look_before_others_act_never_hold_more_than_the_size(held, size, moves):
    """A move gives a number back, or takes one that was free in the view of the taker: an older one, or that of now."""
    most = max(size, len(held))
    views = [frozenset(held)]
    for gives_back, pick, looks_now in moves:
        if gives_back and held:
            held.discard(sorted(held)[pick % len(held)])
        else:
            view = frozenset(held) if looks_now else views[pick % len(views)]
            free = [number for number in free_numbers(view, size) if number not in held]
            if free:
                held.add(free[pick % len(free)])
        views.append(frozenset(held))
        most = max(size, min(most, len(held)))
        assert len(held) <= most
