"""Random tables of SQLite and PostgreSQL with values at the edges of their types."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

TEXTS = ("", " ", "a", "é😀", "0", "NULL", "x" * 200, "line\nbreak", "\x1f", "tab\t", "ﬀ", "ab", "ba")


def chance(seed):
    return random.Random(seed)  # noqa: S311 - test data


def integer(dice):
    return dice.choice((0, 1, -1, 2**63 - 1, -(2**63), dice.randrange(-1000, 1000), dice.randrange(-(2**62), 2**62)))


def decimal(precision, scale):
    def value(dice):
        digits = dice.choice((1, 2, precision - scale, precision))
        return Decimal(dice.randrange(-(10**digits) + 1, 10**digits)).scaleb(-scale)

    return value


def double(dice):
    return dice.choice((0.0, -0.0, 0.1, 1e300, -1e-300, float("inf"), dice.uniform(-1e6, 1e6), float(dice.randrange(100))))


def day(dice):
    return date(1, 1, 1) + timedelta(dice.choice((0, 3_652_058, dice.randrange(700_000, 740_000))))


def moment(dice):
    seconds = dice.choice((0, 3_652_058 * 86_400, dice.randrange(62_000_000_000, 64_000_000_000)))
    return datetime(1, 1, 2, tzinfo=UTC) + timedelta(
        seconds=seconds - 86_400 * (seconds > 86_400), microseconds=dice.choice((0, 1, 500_000))
    )


def text(dice):
    return dice.choice(TEXTS) + str(dice.randrange(50)) * dice.randrange(2)


def blob(dice):
    return dice.choice((b"", b"\x00", b"\xff\x1f", dice.randbytes(dice.randrange(150))))


SQLITE = {
    "BIGINT": integer,
    "DECIMAL(12,2)": decimal(12, 2),
    "DECIMAL(30,10)": lambda dice: str(decimal(30, 10)(dice)),
    "BOOLEAN": lambda dice: dice.choice((0, 1, "true", "false")),
    "DOUBLE": double,
    "DATE": lambda dice: day(dice).isoformat(),
    "TIMESTAMP": lambda dice: moment(dice).replace(tzinfo=None).isoformat(dice.choice(" T")),
    "TIMESTAMPTZ": lambda dice: moment(dice).isoformat(dice.choice(" T")),
    "TEXT": text,
    "BLOB": blob,
}
POSTGRESQL = {
    "smallint": lambda dice: dice.randrange(-(2**15), 2**15),
    "integer": lambda dice: dice.randrange(-(2**31), 2**31),
    "bigint": integer,
    "numeric(12,2)": decimal(12, 2),
    "numeric(40,12)": decimal(40, 12),
    "numeric": decimal(20, 6),
    "boolean": lambda dice: dice.choice((True, False)),
    "real": lambda dice: dice.choice((0.0, -0.0, 0.5, float("nan"), dice.uniform(-9, 9))),
    "double precision": lambda dice: dice.choice((float("nan"), double(dice))),
    "date": day,
    "time": lambda dice: moment(dice).time(),
    "timestamp": lambda dice: moment(dice).replace(tzinfo=None),
    "timestamptz": moment,
    "text": text,
    "char(6)": lambda dice: text(dice)[:6],
    "bytea": blob,
    "jsonb": lambda dice: f'{{"b": [1, 2.50], "a": "{dice.randrange(9)}"}}',
    "int[]": lambda dice: dice.choice(("{}", "{1,NULL,3}", "{{1,2},{3,4}}")),
    "uuid": lambda dice: f"{dice.getrandbits(128):032x}",
    "interval": lambda dice: f"{dice.randrange(-400, 400)} days {dice.randrange(90)} seconds",
}


def table(kinds, seed):
    """Return the columns (name and declared type) and the rows of a table; a quarter of the values is NULL."""
    dice = chance(seed)
    declared = [
        ("id", None),
        *((f"c{number}", kind) for number, kind in enumerate(dice.choices(sorted(kinds), k=dice.randrange(1, 12)))),
    ]
    count = dice.choice((0, 1, 2, dice.randrange(3, 60)))
    rows = [
        (number, *(None if dice.random() < 0.25 else kinds[kind](dice) for _, kind in declared[1:]))
        for number in range(1, count + 1)
    ]
    return [(name, kind or "BIGINT") for name, kind in declared], rows
