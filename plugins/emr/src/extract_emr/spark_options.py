"""The options of spark-submit as one text, as EMR Serverless and EMR on EKS take them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator

from extract_emr.memory import without

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CHARACTERS: Final = 102_400
"""The most characters of SparkSubmitParameters (botocore: emr-serverless and emr-containers, SparkSubmitParameters)."""


def _one_word(option: str) -> str:
    if not option or re.search(r"[\s\"'\\]", option):
        raise ValueError(
            f"{option!r} is empty or holds blanks, quotes or backslashes, and these options go in one text that is split at "
            "blanks: write such a one into the application's or the cluster's own configuration"
        )
    return option


SparkOption = Annotated[str, AfterValidator(_one_word)]


def options_text(options: tuple[str, ...], sizes: Mapping[tuple[str, str], str | int | None]) -> str:
    """The options, with the sizes that are set in place of theirs. ValueError over 102,400 characters.

    `sizes` maps a flag and its configuration, ``("--executor-cores", "spark.executor.cores")``, to a value.
    """
    words = [*options]
    for (flag, conf), value in sizes.items():
        if value is not None:
            words = [*without(words, flag, conf), "--conf", f"{conf}={value}"]
    text = " ".join(words)
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"spark_submit_args have {len(text):,} characters, {MAX_CHARACTERS:,} is the service's limit")
    return text
