"""The Spark engine: tasks of Spark read parts of the table over JDBC and write the files."""
