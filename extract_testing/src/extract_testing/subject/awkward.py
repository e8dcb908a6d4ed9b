"""Values of job arguments as users write them, one kind each: what code changes that strips, quotes, splits or parses."""

from __future__ import annotations

from typing import Final

PLAIN: Final = "1234"
"""A plain value: it shows how the job type carries values."""
VALUES: Final = (
    "",
    "0",
    "  two  blanks  ",
    "a\ttab and\nline",
    "line end\n",
    "\u00a0not a blank",
    "MiXed Case",
    "ALL CAPITALS",
    "all small",
    "ünïcödé ß 数据 😀",
    "e\u0301 decomposed, \ufb01 \u2460 ½",
    '"in quotes"',
    "'in apostrophes'",
    "it's",
    '{"json": [1, null]}',
    '[1, "2"]',
    "null",
    "None",
    "true",
    "False",
    "007",
    "1e3",
    "1.50",
    "-1",
    "--flag",
    "+5",
    "~/x",
    "a=b=c",
    "a,b;c|d",
    "a:b",
    "50% %20 %s %(x)s",
    "$HOME ${HOME} $1",
    "{x} {{y}} {}",
    "a & b < c > d &amp;",
    "back\\slash \\n \\u0041",
    "double//slash/../end/",
    "a # not a comment",
    "* ? [a-z]",
    "`date` $(date)",
    "@file",
    "a--b",
    "2031-05-04T03:02:01Z",
    "control \x07 sign",
    "x" * 300,
)
NAMES: Final = ("--with-dash", "--with_underscore", "--camelCase", "--UPPER", "--dot.ted")
"""Names of job arguments that a config may hold."""
