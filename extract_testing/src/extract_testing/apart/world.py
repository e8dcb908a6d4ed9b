"""Another machine at another time, for code that asks for the time, the host or the program."""

from __future__ import annotations

import datetime as dt
import os
import platform
import socket
import sys
import time
import uuid
from typing import Any, Final

_LATER: Final = 34_585_211
"""Seconds: more than a year, and not a whole number of days, hours or minutes."""


def enter() -> None:
    """From now on. What was imported before keeps the real clock."""
    _another_clock()
    _another_host()


def _another_clock() -> None:
    days = dt.timedelta(seconds=_LATER)
    real_date, real_datetime, real = dt.date, dt.datetime, {name: getattr(time, name) for name in ("time", "time_ns", *_FORMS)}

    class OfDates(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real_date)

    class OfMoments(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real_datetime)

    class Date(dt.date, metaclass=OfDates):
        @classmethod
        def today(cls) -> Any:  # Any: a date of the standard library
            return real_date.today() + days

    class Moment(dt.datetime, metaclass=OfMoments):
        @classmethod
        def now(cls, tz: Any = None) -> Any:  # Any: as above
            return real_datetime.now(tz) + days

        @classmethod
        def utcnow(cls) -> Any:  # Any: as above
            return real_datetime.now(dt.UTC).replace(tzinfo=None) + days

    def later(name: str) -> Any:  # Any: of the time module
        return lambda seconds=None: real[name](real["time"]() + _LATER if seconds is None else seconds)

    setattr(dt, "date", Date)  # noqa: B010 - mypy: a type may not be assigned
    setattr(dt, "datetime", Moment)  # noqa: B010 - as above
    time.time = lambda: real["time"]() + _LATER
    time.time_ns = lambda: real["time_ns"]() + _LATER * 10**9
    for name in _FORMS:
        setattr(time, name, later(name))
    time.strftime = lambda form, *moment: _STRFTIME(form, *(moment or (time.localtime(),)))


_FORMS: Final = ("localtime", "gmtime", "ctime")
_STRFTIME: Final = time.strftime


def _another_host() -> None:
    sys.executable = "/kit/bin/python"
    platform.node = socket.gethostname = socket.getfqdn = lambda *_name: "kit.example"
    os.cpu_count = lambda: 96
    uuid.getnode = lambda: 1
