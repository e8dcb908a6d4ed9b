r"""What a secret looks like: the names of keys that hold one, and texts. The one list for configs, `${ENV:…}`, kit and reasons.

Every pattern is bounded, so that a text of any length takes time in proportion to its length. A pattern is compiled when a text
has one of its signs: to compile all of them takes as long as to start Python, and most texts have no sign.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

HIDDEN: Final = "***"

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_NAMES: Final = re.compile(
    r"(?:^|_)(?:pass|password|passwd|passwort|passphrase|passcode|pwd|pw|secrets?|credentials?|creds|token|pat|jwt|bearer|cookie|dsn"
    r"|connection_string|(?:access|account|api|auth|encryption|master|private|secret|shared|signing|ssh|storage)_?key)$"
    r"|(?:password|passwd|passphrase|pwd|secret|apikey|secretkey|privatekey|accesskey|authtoken)$"
)
_NO_SECRETS: Final = re.compile(r"(?:^|_)(?:client|request|idempotency|next|page|continuation|task|starting)_token$")
"""Tokens of requests and pages, which open nothing."""


class Shape(NamedTuple):
    """A text that is a secret. `what` names it in messages; the group ``s`` is the part that is hidden, else the whole match.

    Each match of `expression` has one of `signs` in it, after `_small`. `is_sure`: nothing else looks so. Others may be harmless:
    ``name:tag@host``.
    """

    expression: str
    what: str
    signs: tuple[str, ...]
    is_sure: bool = True

    @property
    def pattern(self) -> re.Pattern[str]:
        """The compiled expression; `re` keeps it."""
        return re.compile(self.expression)


def _small(text: str) -> str:
    """The text in lower case, as patterns that ignore case compare it: some other letters are i, s and k for them."""
    return text.casefold().replace("\u0131", "i").replace("i\u0307", "i")


_KEYS: Final = (
    r"(?:passwo?r?d|passphrase|pwd|secret|api[._-]?key|access[._-]?key|private[._-]?key|secret[._-]?key|account[._-]?key|shared[._-]?key"
    r"|(?:access|api|auth|bearer|id|refresh|security|session)[._-]?token|client[._-]?secret)"
)
"""Each begins with one of ``abciprs``: `re` tests that first where nothing else is before the name, in a third of the time."""
_IN_QUOTES: Final = (
    r"""(?:"(?:[^"\\\n]|\\[^\n]|""){1,2000}"|'(?:[^'\\\n]|\\[^\n]|''){1,2000}'|"[^"\n]{1,2000}"|'[^'\n]{1,2000}')"""
)
"""A quote inside is escaped or written twice; if a backslash is only a character, the first quote ends it."""
_VALUE: Final = rf"""(?P<s>{_IN_QUOTES}|["'][^\s"',;&]{{1,2000}}|\{{[^}}\n]{{1,500}}\}}|[^\s"',;&{{<*$][^\s"',;&]{{0,2000}})"""
_PASSWORDS: Final = (
    r"(?:password|passwd|passphrase|pwd|secret[._-]?(?:access[._-]?)?key|api[._-]?key|client[._-]?secret"
    r"|(?:access|auth|bearer|refresh|session)[._-]?token)"
)
_WORD: Final = r"""(?P<s>[^\s"',]{1,500})"""
_ARGUMENT: Final = r"""(?P<s>[^\s"',/]{1,500})(?![^\s"',])"""
_ESCAPED: Final = r"""(?P<b>\\{1,15})(?P<q>["'])(?:(?!(?<!\\)(?P=b)(?P=q))[^\n]){1,2000}(?P=b)(?P=q)"""
_MEMBER: Final = rf"""(?P<s>{_IN_QUOTES}|{_ESCAPED}|-?\d[\d.]{{0,300}})"""
"""The value of a member of JSON; also of JSON in a text, as in causes of Step Functions and answers of Secrets Manager."""
_NAMED: Final = ("pass", "pwd", "secret", "key", "token")
"""Signs of the names in `_KEYS` and `_PASSWORDS`."""
SHAPES: Final = (
    Shape(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----END)[\s\S]){0,20000}", "a private key", ("-----begin ",)),
    Shape(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b", "an AWS access key", ("akia", "asia", "abia", "acca")),
    Shape(r"\beyJ[\w-]{8,4000}\.eyJ[\w-]{8,8000}(?:\.[\w-]{0,2000})?", "a JSON Web Token", ("eyj",)),
    Shape(r"(?i)\b(?:bearer|basic)\s{1,3}(?P<s>[\w.~+/-]{16,4000}=*)", "a bearer token", ("bearer", "basic")),
    Shape(
        r"(?i)\bauthorization\\{0,3}[\"']?\s{0,3}[:=]\s{0,3}\\{0,3}[\"']?basic\s{1,3}(?P<s>[^\s\"'\\,*]{1,4000})",
        "a bearer token",
        ("authorization",),
    ),
    Shape(
        r"\bxox[abeoprs]-[\w-]{10,200}|hooks\.slack\.com/services/(?P<s>[\w/-]{10,200})",
        "a token of Slack",
        ("xox", "hooks.slack"),
    ),
    Shape(
        r"\b(?:gh[opsru]_\w{30,200}|github_pat_\w{20,200}|glpat-[\w-]{16,200})",
        "a token of GitHub or GitLab",
        ("gho_", "ghp_", "ghs_", "ghr_", "ghu_", "github_pat_", "glpat-"),
    ),
    Shape(
        r"\b(?:[sr]k_(?:live|test)_\w{16,200}|sk-[\w-]{20,200}|npm_\w{30,100}|pypi-\w{20,400}|AIza[\w-]{30,60}|hf_\w{30,60}"
        r"|dapi[0-9a-f]{32})\b",
        "a token of a service",
        ("k_live_", "k_test_", "sk-", "npm_", "pypi-", "aiza", "hf_", "dapi"),
    ),
    Shape(
        r"(?i)[?&](?:X-(?:Amz|Goog)-(?:Signature|Security-Token|Credential)|Signature|sig)=(?P<s>[^&\s\"']{8,8000})",
        "a presigned URL",
        ("signature=", "security-token=", "credential=", "sig="),
    ),
    Shape(r"://[^\s/?#@:\"']{0,100}:(?!\d{1,5}/)(?P<s>(?:[^\s\"'/]|/(?!/)){1,3000})@", "a URL with a password", ("@",)),
    Shape(
        r"(?i)\bjdbc:oracle:\w{1,20}:[^\s/@:\"']{1,200}/(?P<s>\"[^\"]{1,200}\"|[^\s@\"']{1,200})@",
        "a URL with a password",
        ("jdbc:oracle:",),
    ),
    Shape(rf"(?i)[?&;]{_KEYS}=(?!\$|\{{\{{|<){_VALUE}", "a URL with a password", _NAMED),
    Shape(
        rf"(?i)(?=[abciprs])(?<!db_){_KEYS}[\"']?\s{{0,20}}=\s{{0,20}}(?!\$|\{{\{{|<|arn:|None\b|null\b){_VALUE}",
        "a password",
        _NAMED,
    ),
    Shape(rf"(?i)[\"'][\w.-]{{0,80}}{_KEYS}\\{{0,15}}[\"']\s{{0,3}}:\s{{0,3}}{_MEMBER}", "a password", _NAMED),
    Shape(
        rf"(?i)\b(?:identified\s{{1,3}}(?:with\s{{1,3}}\S{{1,40}}\s{{1,3}})?(?:by|as)|password)\s{{1,3}}(?P<s>(?='){_IN_QUOTES})",
        "a password",
        ("identified", "password"),
    ),
    Shape(rf"(?i)(?:^|\s)--?(?!db_)[\w.-]{{0,80}}{_KEYS}[ =]{{1,3}}(?!-|\$|\{{\{{|<|arn:){_ARGUMENT}", "a password", _NAMED),
    Shape(rf"(?i)(?:^|[\n{{,])\s{{0,20}}[\w.-]{{0,80}}{_PASSWORDS}:[ ]{_WORD}(?=\s{{0,20}}(?:$|[\n,}}]))", "a password", _NAMED),
    Shape(
        r"(?<![\w/.:@+-])(?!mailto:)[A-Za-z][\w.+-]{0,63}:(?P<s>[^\s:@/\"'\\]{1,200})@(?!sha256)(?=[A-Za-z0-9\[])",
        "user:password@host",
        ("@",),
        is_sure=False,
    ),
    Shape(
        r"(?<![\w/.:@+-])[A-Za-z][\w$#]{0,63}/(?P<s>[^\s:@/\"'\\]{1,200})@(?!v\d)(?=(?://)?[A-Za-z0-9\[])",
        "user/password@host",
        ("@",),
        is_sure=False,
    ),
)
"""The first ones are whole secrets, so that a later one finds only their stars."""


def names_a_secret(name: str) -> bool:
    """Whether a key, an argument or a variable of this name holds a secret: ``--db_pass``, ``dbPassword``, ``API-KEY``.

    The end of the name decides: ``password_file`` and ``secretName`` hold names.
    """
    words = _SEPARATORS.sub("_", _CAMEL.sub("_", name.removesuffix(".$")).lower()).strip("_")
    return _NAMES.search(words) is not None and _NO_SECRETS.search(words) is None


@lru_cache(maxsize=4096)
def secret_in(text: str, *, sure: bool = True) -> str | None:
    """What secret this text holds: ``a URL with a password``. None: it looks like none. `sure`: not what may be harmless."""
    if len(text) < _SHORTEST:
        return None
    shapes = (shape for shape in _possible(text) if shape.is_sure or not sure)
    return next((shape.what for shape in shapes if shape.pattern.search(text)), None)


def redacted(text: str) -> str:
    """The text with stars in place of each secret. A text without a secret is returned as it is."""
    for shape in _possible(text):
        text = shape.pattern.sub(_hide, text)
    return text


def _possible(text: str) -> list[Shape]:
    """The shapes whose signs the text has, in their order."""
    small = _small(text)
    return [shape for shape in SHAPES if any(sign in small for sign in shape.signs)]


def _hide(match: re.Match[str]) -> str:
    group = "s" if match.re.groupindex and match["s"] is not None else 0
    start, end = match.start(group) - match.start(), match.end(group) - match.start()
    return f"{match[0][:start]}{HIDDEN}{match[0][end:]}"


_SHORTEST: Final = 6  # a:b@c, with one more character
