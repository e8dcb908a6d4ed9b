# ruff: noqa: C901, PLR0911 - one case per type
"""Random values of MariaDB's types, as SQL."""

import struct
from decimal import Decimal

TYPES = [
    "tinyint", "smallint unsigned zerofill", "mediumint", "int unsigned", "bigint", "bigint unsigned", "bit(9)", "year",
    "float", "double", "decimal(65,30)", "decimal(10,2) unsigned zerofill", "decimal(9,0)", "date", "datetime(6)", "datetime",
    "timestamp(3) null", "time(6)", "char(7)", "varchar(40) character set latin1", "longtext", "binary(3)", "longblob", "json",
    "enum('a','b')",
]  # fmt: skip


def value_of(declared, chance):
    """A random value in SQL."""
    base = declared.partition("(")[0].partition(" ")[0]
    match base:
        case "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "bit":
            bits = {"tinyint": 7, "smallint": 15, "mediumint": 23, "int": 31, "bigint": 63, "bit": 9}[base]
            return str(chance.getrandbits(bits) * (1 if "unsigned" in declared or base == "bit" else chance.choice([1, -1])))
        case "year":
            return str(chance.choice([0, chance.randint(1901, 2155)]))
        case "float":
            return repr(struct.unpack("<f", struct.pack("<f", chance.uniform(-1e9, 1e9)))[0])
        case "double":
            return chance.choice(["-0e0", "0", repr(chance.uniform(-1, 1) * 10.0 ** chance.randint(-300, 300))])
        case "decimal":
            scale = {"decimal(65,30)": 30, "decimal(9,0)": 0}.get(declared, 2)
            number = Decimal(chance.getrandbits(27)).scaleb(-scale)
            return str(number if "unsigned" in declared else chance.choice([number, -number]))
        case "date":
            return f"'{chance.randint(1, 9999):04}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}'"
        case "datetime":
            return f"'{chance.randint(1, 9999):04}-01-{chance.randint(1, 28):02} 23:59:58.{chance.getrandbits(9)}'"
        case "timestamp":
            return f"'{chance.randint(1971, 2037)}-01-{chance.randint(1, 28):02} 00:00:01.{chance.getrandbits(9)}'"
        case "time":
            return f"'{chance.randint(-800, 800)}:00:59.{chance.getrandbits(19)}'"
        case "enum":
            return chance.choice(["'a'", "'b'"])
        case "json":
            return f"'[{chance.getrandbits(9)}]'"
        case "binary" | "longblob":
            return f"x'{chance.randbytes(chance.choice([0, 1, 3] if base == 'binary' else [0, 2, 999, 1001])).hex()}'"
    letters = "ab ü'" if "latin1" in declared or base == "char" else "ab ü😀'\\\x1f"
    size = chance.choice([0, 1, 5] if base != "longtext" else [0, 5, 999, 1000, 1001, 3000])
    return "'" + "".join(chance.choice(letters) for _ in range(size)).replace("\\", "\\\\").replace("'", "''") + "'"
