"""Text that comes from configs, databases and jobs doesn't steer the terminal."""

from __future__ import annotations

import pytest

from extract_cli.views.output import Column, plain, print_table


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("größer 表 'x'", "größer 表 'x'"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("safe\u202exe.elif", r"safe\u202exe.elif"),
        (7, "7"),
    ],
)
def test_what_steers_a_terminal_is_escaped(value, shown):
    assert plain(value) == shown


def test_long_text_is_cut():
    assert plain("x" * 20_000, most=3) == "xxx… (20,000 characters)"
    assert plain("xxx", most=3) == "xxx"


def test_cells_keep_their_lines(capsys):
    print_table([Column("A")], [["one\ntwo\x1b[31m"]])
    assert [line.strip() for line in capsys.readouterr().out.splitlines()][-3:-1] == ["one", r"two\x1b[31m"]
