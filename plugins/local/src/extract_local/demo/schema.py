"""The demo's source schema: a small shop, in three schemas, with every type that the extract job supports."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

INCREMENTAL: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "public.customers": ("updated_at", "TimestampType"),
        "public.orders": ("updated_at", "TimestampType"),
        "public.order_lines": ("order_id", "LongType"),
        "public.payments": ("payment_id", "LongType"),
        "public.exchange_rates": ("day", "DateType"),
        "crm.contacts": ("contact_id", "IntegerType"),
        "web.events": ("event_id", "LongType"),
    }
)
"""Tables that only grow, with their watermark column and its type."""

EMPTY_TABLE: Final = "public.audit_log"
MISSING_TABLE: Final = "public.returns"
"""The table that the config names but the database does not have at first, so that it fails."""

TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "public.categories": """
            category_id INTEGER PRIMARY KEY,
            parent_id INTEGER REFERENCES "public.categories",
            name VARCHAR(80) NOT NULL""",
        "public.suppliers": """
            supplier_id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            country CHAR(2) NOT NULL,
            rating DOUBLE PRECISION,
            since DATE""",
        "public.products": """
            product_id INTEGER PRIMARY KEY,
            category_id INTEGER NOT NULL REFERENCES "public.categories",
            sku VARCHAR(20) NOT NULL,
            name TEXT NOT NULL,
            price DECIMAL(10,2) NOT NULL,
            weight_kg REAL,
            attributes JSON,
            discontinued BOOLEAN NOT NULL,
            thumbnail BLOB""",
        "public.product_suppliers": """
            product_id INTEGER NOT NULL REFERENCES "public.products",
            supplier_id INTEGER NOT NULL REFERENCES "public.suppliers",
            purchase_price DECIMAL(10,4) NOT NULL,
            PRIMARY KEY (product_id, supplier_id)""",
        "public.warehouses": """
            warehouse_id INTEGER PRIMARY KEY,
            city TEXT NOT NULL,
            is_open BOOLEAN NOT NULL,
            opened_at TIMESTAMP WITH TIME ZONE""",
        "public.stock_levels": """
            warehouse_id INTEGER NOT NULL REFERENCES "public.warehouses",
            product_id INTEGER NOT NULL REFERENCES "public.products",
            quantity INTEGER NOT NULL,
            counted_on DATE,
            PRIMARY KEY (warehouse_id, product_id)""",
        "public.customers": """
            customer_id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            email VARCHAR(120),
            birth_date DATE,
            is_active BOOLEAN NOT NULL,
            credit_limit DECIMAL(10,2),
            note TEXT,
            updated_at TIMESTAMP NOT NULL""",
        "public.addresses": """
            address_id INTEGER PRIMARY KEY,
            customer_id INTEGER NOT NULL REFERENCES "public.customers",
            street TEXT NOT NULL,
            city TEXT NOT NULL,
            postal_code VARCHAR(10),
            valid_from DATE NOT NULL""",
        "public.orders": """
            order_id BIGINT PRIMARY KEY,
            customer_id INTEGER NOT NULL REFERENCES "public.customers",
            status VARCHAR(12) NOT NULL,
            total DECIMAL(12,2) NOT NULL,
            comment TEXT,
            ordered_at TIMESTAMPTZ NOT NULL,
            updated_at TIMESTAMP NOT NULL""",
        "public.order_lines": """
            order_id BIGINT NOT NULL REFERENCES "public.orders",
            line_no SMALLINT NOT NULL,
            product_id INTEGER NOT NULL REFERENCES "public.products",
            quantity INTEGER NOT NULL,
            unit_price DECIMAL(10,2) NOT NULL,
            discount NUMERIC(5,4),
            PRIMARY KEY (order_id, line_no)""",
        "public.payments": """
            payment_id BIGINT PRIMARY KEY,
            order_id BIGINT NOT NULL REFERENCES "public.orders",
            method VARCHAR(10) NOT NULL,
            amount DECIMAL(12,2) NOT NULL,
            paid_at TIMESTAMP WITH TIME ZONE""",
        "public.shipments": """
            shipment_id INTEGER PRIMARY KEY,
            order_id BIGINT NOT NULL REFERENCES "public.orders",
            carrier TEXT,
            shipped_on DATE NOT NULL,
            delivered_on DATE,
            weight_kg REAL""",
        "public.exchange_rates": """
            currency CHAR(3) NOT NULL,
            day DATE NOT NULL,
            rate NUMERIC(18,8) NOT NULL,
            PRIMARY KEY (currency, day)""",
        EMPTY_TABLE: """
            entry_id INTEGER PRIMARY KEY,
            at TIMESTAMP NOT NULL,
            who TEXT,
            amount DECIMAL(20,4),
            payload BLOB""",
        "crm.contacts": """
            contact_id INTEGER PRIMARY KEY,
            customer_id INTEGER NOT NULL REFERENCES "public.customers",
            channel VARCHAR(8) NOT NULL,
            body TEXT,
            contacted_at DATETIME NOT NULL""",
        "crm.attachments": """
            attachment_id INTEGER PRIMARY KEY,
            contact_id INTEGER NOT NULL REFERENCES "crm.contacts",
            file_name TEXT NOT NULL,
            content BLOB""",
        "crm.campaigns": """
            campaign_id INTEGER PRIMARY KEY,
            title TEXT NOT NULL,
            budget DECIMAL(14,2),
            starts_on DATE,
            ends_on DATE""",
        "web.events": """
            event_id BIGINT PRIMARY KEY,
            customer_id INTEGER REFERENCES "public.customers",
            kind VARCHAR(12) NOT NULL,
            path TEXT NOT NULL,
            seconds DOUBLE,
            at TIMESTAMP NOT NULL""",
    }
)
"""Table → the columns of its CREATE TABLE, in an order in which foreign keys can be filled."""

MISSING_TABLE_COLUMNS: Final = """
    return_id INTEGER PRIMARY KEY,
    order_id BIGINT NOT NULL REFERENCES "public.orders",
    reason TEXT,
    refund DECIMAL(12,2),
    returned_on DATE NOT NULL"""


def create(table: str, columns: str) -> str:
    """The CREATE TABLE statement."""
    return f'CREATE TABLE "{table}" ({columns})'
