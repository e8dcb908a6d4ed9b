"""The parts of a Lambda function: from its environment, once per process."""

from __future__ import annotations

import gc
import os
from functools import cache
from typing import TYPE_CHECKING

from extract_core.aws.parts import parts_from
from extract_core.registry.frozen import frozen

if TYPE_CHECKING:
    from extract_core.pipeline.parts import Parts


@cache
def parts_from_environment() -> Parts:
    """The parts of this process. They are built at the first call, so that a warm Lambda function has them already.

    Nothing that is imported or built here is garbage: the collector waits, and leaves it out from then on.
    """
    gc.disable()
    try:
        return parts_from(os.environ, frozen=frozen())
    finally:
        gc.freeze()
        gc.enable()
