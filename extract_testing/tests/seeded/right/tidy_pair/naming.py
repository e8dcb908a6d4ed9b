import hashlib


def unique(table):
    """64 hex digits for this attempt at this table."""
    return hashlib.sha256(f"{table.run_id}/{table.source}/{table.table}/{table.attempt}".encode()).hexdigest()
