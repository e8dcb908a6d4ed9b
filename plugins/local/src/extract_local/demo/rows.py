# ruff: noqa: RUF001 - names and notes from everywhere are the point
"""The rows of the demo's tables, computed from their numbers, so that the same call always gives the same bytes.

A mixing function replaces a random generator: every row, old or new, can be computed alone, and it is several times faster.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, TypeAlias

Row: TypeAlias = tuple[object, ...]

FIRST_DAY: Final = date(2023, 1, 1)
DAYS: Final = tuple((FIRST_DAY + timedelta(days=number)).isoformat() for number in range(3 * 365))
"""Days of the first load, as text. Rows that are added later have later days."""
CURRENCIES: Final = ("CHF", "CZK", "DKK", "GBP", "JPY", "NOK", "PLN", "SEK", "TRY", "USD")
LINES_AN_ORDER: Final = 3
RETURN_REASONS: Final = ("too small", 'not as "pictured"', None, "arrived\nbroken", "zu groß")

_CLOCK: Final = tuple(f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(0, 86400, 7))
_FIRST: Final = (
    *("Ada", "Bjørn", "Chloé", "Dmitri", "Émile", "Fatma", "Grace"),
    *("Håkon", "Inês", "Jürgen", "Łukasz", "Mehmet", "Nguyễn", "Ω"),
)
_LAST: Final = (
    *("O'Neil", "Müller", "García", "d'Arc", "Żak", "Smith", "Øster"),
    *("李", "Иванова", "Yılmaz", "van den Berg", "Ñandú", "Kovács"),
)
_CITIES: Final = (
    *("Zürich", "Malmö", "København", "Kraków", "São Paulo", "İzmir"),
    *("Reykjavík", "Lyon", "Graz", "東京", "Cork", "A\tCoruña"),
)
_STATUS: Final = ("new", "paid", "packed", "shipped", "delivered", "cancelled")
_METHODS: Final = ("card", "transfer", "invoice", "voucher")
_CARRIERS: Final = ("Post", "DHL", "UPS", None)
_KINDS: Final = ("view", "search", "add_to_cart", "checkout", "login")
_NOTES: Final = (
    *(None, "", "called back", 'said "never again", then ordered'),
    *("two\nlines", "windows\r\nline", "tab\there", "party 🎉, size 👩‍👩‍👧‍👦"),
    *("naïve façade — ‘quoted’ …", "漢字とかな", "مرحبا", "NULL"),
    *(" leading and trailing ", "semi;colon, comma, back\\slash", "100 % 'sure'; DROP TABLE x;--", "é and e\u0301"),
)


@dataclass(frozen=True, slots=True)
class Load:
    """One load of rows: the number of rows per table, for foreign keys, and the days of its changes."""

    counts: Mapping[str, int]
    first_day: int = 0
    days: int = 1000

    def day(self, bits: int) -> int:
        """One of the load's days."""
        return self.first_day + bits % self.days


def mixed(number: int, salt: int) -> int:
    """A row number, spread over 32 bits (the finalizer of MurmurHash3 by Austin Appleby, in the public domain)."""
    value = (number * 2654435761 + salt * 40503) & 0xFFFFFFFF
    value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return value ^ value >> 16


def day(number: int) -> str:
    """The ISO date `number` days after the first one."""
    return DAYS[number] if number < len(DAYS) else (FIRST_DAY + timedelta(days=number)).isoformat()


def moment(day_number: int, bits: int) -> str:
    """A timestamp on that day, as text without an offset. One in sixteen has microseconds."""
    text = f"{day(day_number)} {_CLOCK[bits % 12342]}"
    return text if bits & 0xF0000 else f"{text}.{bits % 1000000:06}"


def instant(day_number: int, bits: int) -> str:
    """A timestamp with an offset: winter time, summer time, UTC, New York or Kolkata."""
    return f"{moment(day_number, bits)}{('+01:00', '+02:00', 'Z', '-05:00', '+05:30')[bits % 5]}"


def _categories(number: int, _load: Load) -> Row:
    return number, None if number <= 6 else mixed(number, 1) % 6 + 1, f"{_NOTES[number % 16] or 'Things'} {number}"


def _suppliers(number: int, _load: Load) -> Row:
    bits = mixed(number, 2)
    rating = None if bits % 5 == 0 else bits % 5000 / 1000
    return (
        number,
        f"{_LAST[bits % 13]} & Söhne",
        ("DE", "SE", "TR", "JP")[bits % 4],
        rating,
        DAYS[bits % 1000] if bits % 3 else None,
    )


def _products(number: int, load: Load) -> Row:
    bits = mixed(number, 3)
    return (
        number,
        bits % load.counts["public.categories"] + 1,
        f"SKU-{bits:08X}",
        f"Gadget “{number}” ½″",
        bits % 1000000 / 100,
        None if bits % 9 == 0 else bits % 90000 / 1000,
        None if bits % 7 == 0 else f'{{"colour": "{("grün", "röd", "mavi")[bits % 3]}", "sizes": [{bits % 7}, null]}}',
        bits % 11 == 0,
        None if bits % 3 else bits.to_bytes(4, "big") * (bits % 8),
    )


def _product_suppliers(number: int, load: Load) -> Row:
    suppliers = load.counts["public.suppliers"]
    product, turn = divmod(number - 1, 2)
    return product + 1, (product + turn * (suppliers // 2)) % suppliers + 1, mixed(number, 4) % 10000000 / 10000


def _warehouses(number: int, _load: Load) -> Row:
    bits = mixed(number, 5)
    return number, _CITIES[number % 12], number % 4 != 0, None if number % 5 == 0 else instant(bits % 1000, bits)


def _stock_levels(number: int, load: Load) -> Row:
    warehouse, product = divmod(number - 1, load.counts["public.products"])
    bits = mixed(number, 6)
    return warehouse + 1, product + 1, bits % 400 - 20, DAYS[bits % 1000] if bits % 6 else None


def _customers(number: int, load: Load) -> Row:
    bits = mixed(number, 7)
    return (
        number,
        f"{_FIRST[bits % 14]} {_LAST[bits // 14 % 13]}",
        None if bits % 10 == 0 else f"customer{number}@example.com",
        None if bits % 4 == 0 else f"{1940 + bits % 65}-{bits % 12 + 1:02}-{bits % 28 + 1:02}",
        bits % 8 != 0,
        None if bits % 6 == 0 else (bits % 2000000 - 10000) / 100,
        _NOTES[bits >> 8 & 15],
        moment(load.day(bits), bits),
    )


def _addresses(number: int, load: Load) -> Row:
    bits = mixed(number, 8)
    return (
        number,
        bits % load.counts["public.customers"] + 1,
        f"{_LAST[bits % 13]}straße {bits % 200}{('', 'a', ' b')[bits % 3]}",
        _CITIES[bits // 7 % 12],
        None if bits % 12 == 0 else f"{bits % 100000:05}",
        DAYS[bits % 1000],
    )


def _orders(number: int, load: Load) -> Row:
    bits = mixed(number, 9)
    day_number = load.day(bits)
    return (
        number,
        bits % load.counts["public.customers"] + 1,
        _STATUS[bits % 6],
        bits % 5000000 / 100,
        _NOTES[bits >> 8 & 15] if bits % 3 == 0 else None,
        instant(day_number, bits >> 3),
        moment(day_number, bits),
    )


def _order_lines(number: int, load: Load) -> Row:
    bits = mixed(number, 10)
    order, line = divmod(number - 1, LINES_AN_ORDER)
    return (
        order + 1,
        line + 1,
        bits % load.counts["public.products"] + 1,
        bits % 12 + 1,
        bits % 1000000 / 100,
        None if bits & 7 else bits % 5000 / 10000,
    )


def _payments(number: int, load: Load) -> Row:
    bits = mixed(number, 11)
    paid_at = None if bits % 15 == 0 else instant(load.day(bits), bits)
    return number, bits % load.counts["public.orders"] + 1, _METHODS[bits % 4], bits % 5000000 / 100, paid_at


def _shipments(number: int, load: Load) -> Row:
    bits = mixed(number, 12)
    shipped = bits % 1000
    return (
        number,
        bits % load.counts["public.orders"] + 1,
        _CARRIERS[bits % 4],
        DAYS[shipped],
        None if bits % 5 == 0 else DAYS[shipped + bits % 30],
        None if bits % 13 == 0 else bits % 30000 / 1000,
    )


def _exchange_rates(number: int, _load: Load) -> Row:
    day_number, currency = divmod(number - 1, len(CURRENCIES))
    return CURRENCIES[currency], day(day_number), (mixed(number, 13) % 1900000000 + 1) / 100000000


def _contacts(number: int, load: Load) -> Row:
    bits = mixed(number, 14)
    body = _NOTES[bits >> 4 & 15]
    return (
        number,
        bits % load.counts["public.customers"] + 1,
        ("mail", "phone", "chat")[bits % 3],
        f"{body}\n-- \n{_FIRST[bits % 14]}" if body else body,
        moment(load.day(bits), bits),
    )


def _attachments(number: int, load: Load) -> Row:
    bits = mixed(number, 15)
    content = None if bits % 9 == 0 else b"" if bits % 9 == 1 else bits.to_bytes(4, "little") * (bits % 64)
    return number, bits % load.counts["crm.contacts"] + 1, f"Angebot №{number} (“final”).pdf", content


def _campaigns(number: int, _load: Load) -> Row:
    bits = mixed(number, 16)
    start = bits % 900
    return number, f"{_NOTES[number % 16] or '¡Oferta!'}", None if bits % 4 == 0 else bits / 100, DAYS[start], DAYS[start + 30]


def _events(number: int, load: Load) -> Row:
    bits = mixed(number, 17)
    return (
        number,
        None if bits % 3 == 0 else bits % load.counts["public.customers"] + 1,
        _KINDS[bits % 5],
        f"/produkt/{bits % 5000}?q=%C3%BC",
        None if bits % 17 == 0 else bits % 100000 / 1000,
        moment(load.day(bits), bits),
    )


ROW_OF: Final[Mapping[str, Callable[[int, Load], Row]]] = MappingProxyType(
    {
        "public.categories": _categories,
        "public.suppliers": _suppliers,
        "public.products": _products,
        "public.product_suppliers": _product_suppliers,
        "public.warehouses": _warehouses,
        "public.stock_levels": _stock_levels,
        "public.customers": _customers,
        "public.addresses": _addresses,
        "public.orders": _orders,
        "public.order_lines": _order_lines,
        "public.payments": _payments,
        "public.shipments": _shipments,
        "public.exchange_rates": _exchange_rates,
        "crm.contacts": _contacts,
        "crm.attachments": _attachments,
        "crm.campaigns": _campaigns,
        "web.events": _events,
    }
)
"""Table → the function that computes a row from its number (from 1) and the load."""
