"""An error of a plugin's code in one line, with the place in the plugin: for messages that its makers read."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

RAISED: Final = (Exception, SystemExit)
"""What a plugin's code may raise without taking others down: ``sys.exit()`` too, but no Ctrl-C."""

_NOT_THE_PLUGINS: Final = frozenset({
    *("extract_core", "extract_cli", "extract_testing", "extract_local", "asl_generator", "asl_toolkit"),
    *("annotated_types", "botocore", "boto3", "hypothesis", "pluggy", "pydantic", "pydantic_core"),
})  # fmt: skip
"""What may stand between us and the plugin: a model's validators are called by pydantic."""
_STDLIB: Final = sysconfig.get_paths()["stdlib"]


def told(error: BaseException) -> str:
    """The type, the text and the place in the plugin of an error: ``KeyError: 'x' (acme_drum.py:30)``.

    Its place is the plugin's own last line on the way there, not one of a library that the plugin called.
    """
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = [(frame.f_code.co_filename, _package(frame), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    outside = [each for each in frames if not each[0].startswith("<") and not _is_stdlib(each[0])]
    plugin = next((package for _, package, _ in outside if package not in _NOT_THE_PLUGINS), None)
    own = [each for each in outside if each[1] == plugin]
    return f"{text} ({Path(own[-1][0]).name}:{own[-1][2]})" if own else text


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _is_stdlib(file: str) -> bool:
    return file.startswith(_STDLIB) and "site-packages" not in file
