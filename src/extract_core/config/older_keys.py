"""Keys of the first pipeline. The status handler needs these names and nothing else of `config`."""

from __future__ import annotations

from typing import Final

OLDER: Final = {"hwm_col_name": "watermark.column", "hwm_column_type": "watermark.type"}
"""Keys that mean the same as a key inside of `watermark`."""
