"""The few helpers that word a message: did you mean, cut, plural, and an error of a plugin in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from types import FrameType

RAISED: Final = (Exception, SystemExit)
"""What a plugin's code may raise without stopping the others: ``sys.exit()`` too, but no Ctrl-C."""

_SIMILAR: Final = 0.6  # from 0, nothing in common, to 1, the same (difflib.SequenceMatcher.ratio)
_ALMOST_EQUAL: Final = 0.9
_NOT_THE_PLUGINS: Final = frozenset({
    *("extract_core", "extract_cli", "extract_testing", "extract_local", "asl_generator", "asl_toolkit"),
    *("annotated_types", "botocore", "boto3", "hypothesis", "pluggy", "pydantic", "pydantic_core"),
})  # fmt: skip
"""Packages whose frames may be between us and the plugin: pydantic calls a model's validators."""


def nearest(name: str, known: Iterable[str], most: int = 1) -> list[str]:
    """The known names that are probably meant, the most similar first.

    A name that differs in letter case alone is the only answer. So is the only name that begins or ends with all of it
    (``source``: ``source_name``), unless another name differs by hardly a letter (``order``: ``orders``, not ``order_lines``).
    """
    from difflib import get_close_matches

    wanted = name.lower()
    spellings = {candidate.lower(): candidate for candidate in sorted(known)}
    if wanted in spellings:
        return [spellings[wanted]]
    longer = [word for word in spellings if word.startswith(f"{wanted}_") or word.endswith(f"_{wanted}")]
    if len(longer) == 1 and not get_close_matches(wanted, spellings, n=1, cutoff=_ALMOST_EQUAL):
        return [spellings[longer[0]]]
    near = get_close_matches(wanted, sorted(spellings), n=most, cutoff=_SIMILAR)
    return [spellings[word] for word in near]


def did_you_mean(name: str, known: Iterable[str], most: int = 1) -> str:
    """``; did you mean 'fetchsize'?``, or nothing if no known name is near."""
    near = nearest(name, known, most)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def cut(text: str, most: int) -> str:
    """The text with at most this many characters; `` …`` at its end shows that some are missing."""
    return text if len(text) <= most else f"{text[: most - 2]} …"


def encodable(text: str) -> str:
    r"""The text as UTF-8 can carry it: half of a surrogate pair, as a job's output may hold, becomes its escape (``\ud800``)."""
    return text.encode("utf-8", "backslashreplace").decode()


def utc(text: str) -> datetime:
    """The moment of an ISO 8601 text; one without a zone is in UTC. Raises ValueError."""
    from datetime import UTC, datetime

    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def how_to_install(*distributions: str) -> str:
    """``install the distribution extract-sfn-glue (docs/start.md says how)``.

    Never a ``pip install`` of these names: no public index has them, so anybody could register one there.
    """
    return f"install the distribution{'s' if len(distributions) > 1 else ''} {', '.join(distributions)} (docs/start.md says how)"


def counted(number: int, noun: str) -> str:
    """``1 table``, ``1,200 tables``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def described(error: BaseException) -> str:
    """The type and text of an error that a plugin raised, and the place in the plugin: ``KeyError: 'x' (acme_drum.py:30)``.

    The place is the last line of the plugin's own code, not one of a library that the plugin called. A SyntaxError names its
    place itself.
    """
    import sysconfig
    import traceback
    from pathlib import PurePath

    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    stdlib = sysconfig.get_paths()["stdlib"]
    frames = [(frame.f_code.co_filename, _package(frame), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    outside = [(file, package, line) for file, package, line in frames if not file.startswith("<") and not _is_in(stdlib, file)]
    plugin = next((package for _, package, _ in outside if package not in _NOT_THE_PLUGINS), None)
    places = [(file, line) for file, package, line in outside if package == plugin]
    if not places or isinstance(error, SyntaxError):
        return text
    file, line = places[-1]
    return f"{text} ({PurePath(file).name}:{line})"


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _is_in(stdlib: str, file: str) -> bool:
    return file.startswith(stdlib) and "site-packages" not in file
