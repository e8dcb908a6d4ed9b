"""The words for the end of a process on this machine."""

from __future__ import annotations

import pytest

from extract_core import LocalExit
from extract_core.parsing.process_end import exit_code, last_words, reason, signal_name, was_stopped


def ended(code=0, tail="", injected=None):
    return LocalExit(code=code, seconds=1.0, output_tail=tail, injected=injected)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("", ""),
        ("\n \n", ""),
        ("one\ntwo\n\n", "two"),
        ("Traceback:\n  File\nValueError: no\n", "ValueError: no"),
        ("error: two faults\n  first\n  second\n", "error: two faults\n  first\n  second"),
        ("  only indented", "only indented"),
    ],
)
def test_last_words(output, words):
    assert last_words(output) == words


def test_last_words_are_bounded():
    assert len(last_words("x" * 10_000)) == 2000


@pytest.mark.parametrize(("code", "shown", "name", "stopped"), [
    (0, 0, None, False), (1, 1, None, False), (-9, 137, "SIGKILL", False), (137, 137, "SIGKILL", False),
    (-15, 143, "SIGTERM", True), (-2, 130, "SIGINT", True), (-1, 129, "SIGHUP", True), (150, 150, None, False),
    (255, 255, None, False),
])  # fmt: skip
def test_codes(code, shown, name, stopped):
    assert (exit_code(ended(code)), signal_name(ended(code)), was_stopped(ended(code))) == (shown, name, stopped)


def test_reasons():
    assert reason(ended(2, "boom\n")) == "boom [exit code 2]"
    assert reason(ended(3)) == "the job wrote nothing; exit code 3"
    assert reason(ended(-11)) == "killed by SIGSEGV; it wrote nothing"
    assert reason(ended(137, "reading all rows\n")) == "killed by SIGKILL; the last that it wrote: reading all rows"


def test_an_injected_end_is_not_a_stop():
    assert not was_stopped(ended(-15, injected="fail"))
