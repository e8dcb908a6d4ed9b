"""A line that a terminal opens at a click, and who gets the text alone."""

from __future__ import annotations

import io
import re

import pytest

from extract_cli.views.output import echo_link

LOG = "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups/" + "x" * 200


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def shown(monkeypatch, stream, address, **environ):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "20", **environ}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", stream)
    echo_link("night.html", address)
    return stream.getvalue()


@pytest.mark.parametrize("address", [LOG, "file:///tmp/report%20night.html"])
def test_a_terminal_gets_a_link(monkeypatch, address):
    text = re.sub(r"id=\d+", "", shown(monkeypatch, Terminal(), address))
    assert text == f"\x1b]8;;{address}\x1b\\night.html\x1b]8;;\x1b\\\n"


@pytest.mark.parametrize(
    ("stream", "address", "environ"),
    [
        (io.StringIO, LOG, {}),
        (Terminal, LOG, {"NO_COLOR": "1"}),
        (Terminal, LOG, {"TERM": "dumb"}),
        (Terminal, "https://logs/\x1b]0;title\x07", {}),
        (Terminal, "https://logs/two words", {}),
        (Terminal, "javascript:alert(1)", {}),
        (Terminal, "s3://bucket/log", {}),
    ],
)
def test_all_others_get_the_text_alone(monkeypatch, stream, address, environ):
    assert shown(monkeypatch, stream(), address, **environ) == "night.html\n"


def test_a_link_is_not_broken_into_lines(monkeypatch):
    stream = Terminal()
    shown(monkeypatch, stream, LOG)
    echo_link(LOG, LOG)
    assert len(stream.getvalue().splitlines()) == 2
