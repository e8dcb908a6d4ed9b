"""Expressions and time zones of EventBridge Scheduler."""

from __future__ import annotations

import pytest

from extract_core.pipeline import schedule_times
from extract_core.pipeline.schedule_times import expression_fault, timezone_fault

GOOD = [
    "cron(0 2 * * ? *)", "cron(15 10 ? * 6L 2026-2030)", "cron(0 9 ? * MON-FRI *)", "cron(*/15 0-23/2 1,15 JAN,jul ? *)",
    "cron(0  0 L * ? *)", "cron(0 0 3W * ? *)", "cron(0 0 ? * 2#1 *)", "cron(0/5 8 LW * ? *)", "cron(0 0 ? * FRIL *)",
    "rate(1 minute)", "rate(12 hours)", "rate(1 days)", "at(2028-02-29T02:00:00)",
]  # fmt: skip
WRONG = [
    "0 2 * * *", "cron()", "cron(* * * *)", "cron(0 2 * * *)", "cron(60 2 * * ? *)", "cron(0 24 * * ? *)", "cron(0 2 0 * ? *)",
    "cron(0 2 32 * ? *)", "cron(0 2 * 13 ? *)", "cron(0 2 * FOO ? *)", "cron(0 2 * * * *)", "cron(0 2 ? * ? *)",
    "cron(0 2 1 * MON *)", "cron(0 2 ? * 0 *)", "cron(0 2 * * ? 1969)", "cron(0,,5 2 * * ? *)", "cron(*-5 2 * * ? *)",
    "cron(? 2 * * ? *)", "cron(\u0663 2 * * ? *)", "rate(0 hours)", "rate(-1 day)", "rate(1 week)", "rate(1.5 days)", "rate(day)",
    "at(2026-99-99T00:00:00)", "at(2027-02-29T02:00:00)", "at(2027-01-31)", "at(tomorrow)", "rate(1 day)\n", "x",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_an_expression(text):
    assert expression_fault(text) is None


@pytest.mark.parametrize("text", WRONG)
def test_what_the_scheduler_would_refuse(text):
    assert "; write " in (expression_fault(text) or "") or "cron needs" in (expression_fault(text) or "")


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+3"])
def test_a_time_zone(name):
    assert timezone_fault(name) is None


@pytest.mark.parametrize("name", ["Europe/Nowhere", "x", "Europe", "../etc/passwd", "", "/etc/localtime"])
def test_a_name_without_a_time_zone(name):
    assert f"{name!r} is not a time zone; " in (timezone_fault(name) or "")


def test_without_the_database_a_name_may_be_a_time_zone(monkeypatch):
    monkeypatch.setattr(schedule_times, "_is_known", lambda _name: False)
    assert timezone_fault("Europe/Nowhere") is None
    assert timezone_fault("../etc/passwd") is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 2 * * *", "'0 2 * * *' is not an expression; did you mean 'cron(0 2 * * ? *)'?; write cron("),
        ("crn(0 2 * * ? *)", "'crn(0 2 * * ? *)' is not an expression; did you mean 'cron'?; write cron("),
        ("cron(0 2 * * *)", "cron needs six fields (minute, hour, day of the month, month, day of the week, year), and this one"),
        ("cron(0 25 * * ? *)", "the hour '25' of cron is not valid; write numbers from 0 to 23"),
        ("cron(0 2 ? * MUN *)", "the day of the week 'MUN' of cron is not valid; write numbers from 1 to 7, or SUN to SAT"),
        ("cron(0 2 * * * *)", "cron needs ? as the day of the month or as the day of the week, and not as both"),
        ("rate(1 week)", "'rate(1 week)' is not a valid rate; write minutes, hours or days, such as rate(12 hours)"),
        ("at(2027-02-29T02:00:00)", "'at(2027-02-29T02:00:00)' is not a valid time; write for example at(2027-01-31T02:00:00)"),
    ],
)
def test_a_fault_says_which_part_is_wrong_and_what_to_write(text, words):
    assert (expression_fault(text) or "").startswith(words)


def test_a_time_zone_with_a_typo_gets_the_right_one():
    assert timezone_fault("Europe/Berln") == "'Europe/Berln' is not a time zone; did you mean 'Europe/Berlin'?"
