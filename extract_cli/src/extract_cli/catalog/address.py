"""The URL of a database on a server, read strictly before the driver sees it, so that no message can hold a password.

If a password in a URL holds ``@`` or ``/`` unescaped, libpq reads another host, port or database
(https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS), and its messages name those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, unquote

from extract_core.errors import UsageError
from extract_core.wording import did_you_mean

_USER: Final = re.compile(r"(?:[^\s:/?@%\[\]]|%[0-9A-Fa-f]{2})*")
_PASSWORD: Final = re.compile(r"(?:[^\s/?@%]|%[0-9A-Fa-f]{2})*")
_HOSTS: Final = re.compile(r"(?:(?:[A-Za-z0-9._-]|%2[Ff])*|\[[0-9A-Fa-f:.]+\])")
_NAME: Final = re.compile(r"(?:[^\s/?@:%]|%[0-9A-Fa-f]{2})+")
_VALUE: Final = re.compile(r"(?:[^\s&=%]|%[0-9A-Fa-f]{2})*")
_LIBPQ: Final = frozenset({
    "application_name", "channel_binding", "connect_timeout", "dbname", "fallback_application_name", "gssencmode",
    "host", "hostaddr", "keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname",
    "load_balance_hosts", "options", "passfile", "password", "port", "require_auth", "service",
    "ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert", "sslcertmode", "sslcompression", "sslcrl",
    "sslkey", "sslmode", "sslpassword", "sslrootcert", "sslsni", "target_session_attrs", "tcp_user_timeout", "user",
})  # fmt: skip
"""Parameters of libpq that make sense for a client (https://www.postgresql.org/docs/current/libpq-connect.html)."""
_CONNECT_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class _Scheme:
    """A kind of URL: its example, the variable of the environment that holds the password, the parameters that it may have."""

    name: str
    example: str
    variable: str
    parameters: frozenset[str]

    @property
    def encode(self) -> str:
        return (
            "in a URL, characters such as @ : / ? # % are written %40 %3A %2F %3F %23 %25; or leave the password out of it, "
            f"and set {self.variable}"
        )

    def refused(self, why: str) -> UsageError:
        return UsageError(f"the database URL {self.name}://… can't be read: {why}")


_POSTGRESQL: Final = _Scheme("postgresql", "postgresql://user@host:5432/name", "PGPASSWORD", _LIBPQ)
_MYSQL: Final = _Scheme("mysql", "mysql://user@host:3306/name", "MYSQL_PWD", frozenset())
_SQLSERVER: Final = _Scheme("sqlserver", "sqlserver://user@host:1433/name", "SQLCMDPASSWORD", frozenset())
_ORACLE: Final = _Scheme("oracle", "oracle://user@host:1521/service", "ORACLE_PASSWORD", frozenset())
_SCHEMES: Final = {
    "postgresql": _POSTGRESQL,
    "postgres": _POSTGRESQL,
    "mysql": _MYSQL,
    "mariadb": replace(_MYSQL, name="mariadb", example="mariadb://user@host:3306/name"),
    "sqlserver": _SQLSERVER,
    "mssql": replace(_SQLSERVER, name="mssql", example="mssql://user@host:1433/name"),
    "oracle": _ORACLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a database is, and as whom. `shown` is for messages; `uri` and `password` are for the driver.

    `password` is None if the URL has none.
    """

    shown: str
    uri: str = field(repr=False)
    password: str | None = field(repr=False)
    host: str
    user: str
    port: int | None
    name: str

    def with_options(self, options: str) -> str:
        """The URI with more options of the server, after those that it has: the last of two settings counts."""
        head, question, query = self.uri.rpartition("?")
        parts = [part.partition("=") for part in query.split("&")]
        has = unquote("".join(value for key, _, value in parts if key == "options"))
        others = [f"{key}={value}" for key, _, value in parts if key != "options"]
        return f"{head}{question}{'&'.join(others)}&options={quote(f'{has} {options}'.strip(), safe='')}"


def read_address(url: str) -> Address:
    """The parts of ``postgresql://[user[:password]@][host][:port]/name[?parameters]``; the other schemes likewise.

    Raises UsageError for anything that could be read in two ways. No message holds more of a refused URL than its scheme.
    """
    scheme = _SCHEMES[url.partition("://")[0]]
    rest, question, query = _split(url)
    login, at, place = rest.rpartition("@")
    user, colon, password = login.partition(":")
    if not _USER.fullmatch(user) or not _PASSWORD.fullmatch(password) or (at and not user and not colon):
        raise scheme.refused(f"the text before its last @ is not a user and password; {scheme.encode}")
    server, slash, name = place.partition("/")
    host, port = _server(server, scheme)
    if not slash or not name:
        raise scheme.refused(f"it has no name of a database; write it after the host, as in {scheme.example}")
    if not _NAME.fullmatch(name):
        raise scheme.refused(f"the text after the host is not a name of a database; {scheme.encode}")
    parameters = _parameters(query, scheme) if question else []
    if not any(key == "connect_timeout" for key, _ in parameters):
        parameters.append(("connect_timeout", str(_CONNECT_SECONDS)))
    shown_user = f"{user}@" if user else ""
    return Address(
        shown=f"{scheme.name}://{shown_user}{server}/{name}",
        uri=f"{scheme.name}://{login}{at}{server}/{name}?" + "&".join(f"{key}={value}" for key, value in parameters),
        password=unquote(password) if colon else None,
        host=unquote(host).strip("[]"),
        user=unquote(user),
        port=port,
        name=unquote(name),
    )


def _split(url: str) -> tuple[str, str, str]:
    """The text between scheme and query, and the query. A question mark before the last @ does not begin the query."""
    rest = url.partition("://")[2]
    cut = rest.find("?", rest.rfind("@") + 1)
    return (rest, "", "") if cut < 0 else (rest[:cut], "?", rest[cut + 1 :])


def _server(text: str, scheme: _Scheme) -> tuple[str, int | None]:
    host, colon, port = text, "", ""
    if not text.endswith("]"):
        host, colon, port = text.rpartition(":") if ":" in text else (text, "", "")
    if not _HOSTS.fullmatch(host):
        raise scheme.refused(f"the text before its database is not a host or host:port; {scheme.encode}")
    if colon and not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65_535):
        raise scheme.refused(f"the text after host: is not a port, a number up to 65535; write {scheme.example}; {scheme.encode}")
    return host, int(port) if colon else None


def _parameters(query: str, scheme: _Scheme) -> list[tuple[str, str]]:
    if not scheme.parameters:
        raise scheme.refused(f"it has parameters after a ?, which are not supported here; remove them; {scheme.encode}")
    parameters = []
    for part in query.split("&"):
        key, equals, value = part.partition("=")
        if not equals or key not in scheme.parameters or not _VALUE.fullmatch(value):
            raise scheme.refused(
                "the text after its ? is not a list of parameters that PostgreSQL knows"
                f"{did_you_mean(key, scheme.parameters)}; {scheme.encode}"
            )
        parameters.append((key, value))
    return parameters
