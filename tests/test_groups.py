"""Tests that share what is expensive to make run in one process."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("kept together")
def test_the_scheduler_of_xdist_sees_the_group_of_a_test(request):
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("only for pytest -n 2 --dist loadgroup")
    assert request.node.nodeid.endswith("@kept together")
