"""What commands show: tables, reports, progress, as text or JSON."""
