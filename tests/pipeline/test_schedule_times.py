"""Expressions and time zones of EventBridge Scheduler."""

from __future__ import annotations

import pytest

from extract_core.pipeline import schedule_times
from extract_core.pipeline.schedule_times import is_expression, is_timezone

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
    assert is_expression(text)


@pytest.mark.parametrize("text", WRONG)
def test_what_the_scheduler_would_refuse(text):
    assert not is_expression(text)


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+3"])
def test_a_time_zone(name):
    assert is_timezone(name)


@pytest.mark.parametrize("name", ["Europe/Nowhere", "x", "Europe", "../etc/passwd", "", "/etc/localtime"])
def test_a_name_without_a_time_zone(name):
    assert not is_timezone(name)


def test_without_the_database_a_name_may_be_a_time_zone(monkeypatch):
    monkeypatch.setattr(schedule_times, "_is_known", lambda _name: False)
    assert is_timezone("Europe/Nowhere")
    assert not is_timezone("../etc/passwd")
