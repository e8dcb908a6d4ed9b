"""The option `--substitute NAME=VALUE`, which several commands have."""

import argparse


def add_substitute(parser: argparse.ArgumentParser) -> None:
    """Add --substitute."""
    parser.add_argument(
        "--substitute",
        action="append",
        default=[],
        type=_pair,
        metavar="NAME=VALUE",
        help="the value of a ${NAME} in the definition, or of a template's parameter; may be repeated",
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
