"""The reference extract job: it copies one database table to Parquet and reports what it wrote.

It is a program, not a library: `python -m extract_job --extract_table public.orders …`. README.md
lists its arguments.
"""
