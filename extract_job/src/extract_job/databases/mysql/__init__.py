"""MySQL and MariaDB: one consistent snapshot, read by PyMySQL as the bytes that the server sends."""
