"""What an INLINE machine can't carry is refused with numbers."""

from __future__ import annotations

import pytest

from extract_core.errors import UsageError
from extract_core.plan.limits import Load, check_limits, near_limit, payload_bytes

ROOM = 262_144 - 2_048


def output(items):
    return {"run_id": "r", "source": "s", "tables_to_extract": items, "max_concurrency": 1, "map_error": None}


def test_the_payload_is_measured_in_bytes_to_the_last_one():
    room = ROOM - payload_bytes(output([""]))
    check_limits(output(["é" * (room // 2) + "x" * (room % 2)]))
    with pytest.raises(UsageError) as error:
        check_limits(output(["é" * (room // 2) + "x" * (room % 2 + 1)]))
    assert str(error.value) == (
        "the 1 table of this run needs 260,097 bytes of items, and Step Functions carries 260,096 (262,144 less 2,048 for the "
        'Lambda\'s answer) into an INLINE map: about 1 table fits; write map = "distributed" in [machine] of extract.toml, '
        "then build and deploy the machine, or run fewer tables at once (name them in the event, or leave some out with exclude)"
    )


def test_the_history_is_counted():
    check_limits(output([0] * 1_665))
    with pytest.raises(UsageError) as error:
        check_limits(output([0] * 1_666))
    assert str(error.value) == (
        "the 1,666 tables of this run make about 25,010 history events, and an execution with an INLINE map may have 25,000: "
        'about 1,665 tables fit; write map = "distributed" in [machine] of extract.toml, then build and deploy the machine, or '
        "run fewer tables at once (name them in the event, or leave some out with exclude)"
    )


def test_the_retry_loop_and_each_further_attempt_are_counted():
    check_limits(output([{"max_attempts": 1}] * 1_314), retry_loop=True)
    with pytest.raises(UsageError, match=r"^the 1,315 tables of this run make about 25,005 history events, and "):
        check_limits(output([{"max_attempts": 1}] * 1_315), retry_loop=True)
    check_limits(output([{"max_attempts": 3}] * 471), retry_loop=True)
    with pytest.raises(UsageError) as error:
        check_limits(output([{"max_attempts": 3}] * 472), retry_loop=True)
    assert str(error.value) == (
        "the 472 tables of this run make about 25,036 history events if each needs all its attempts, and an execution with an "
        'INLINE map may have 25,000: about 471 tables fit; write map = "distributed" in [machine] of extract.toml, then build '
        "and deploy the machine, or run fewer tables at once (name them in the event, or leave some out with exclude), or give "
        "them fewer attempts (max_attempts)"
    )


def test_a_warning_comes_before_the_wall():
    room = ROOM - 1_000
    assert near_limit(Load(room * 79 // 100, tables=9), retry_loop=False) is None
    assert near_limit(Load(ROOM * 85 // 100, tables=9), retry_loop=False) == (
        "the 9 tables use 221,081 of the 260,096 bytes of items that an INLINE map may have (84 %): before there are more "
        'tables, write map = "distributed" in [machine] of extract.toml, then build and deploy the machine'
    )
    assert near_limit(Load(ROOM + 1, tables=9), retry_loop=False) is None  # this is refused
    assert near_limit(Load(0, tables=1_500), retry_loop=False).startswith(
        "the 1,500 tables use 22,520 of the 25,000 history events that an INLINE map may have (90 %): "
    )
