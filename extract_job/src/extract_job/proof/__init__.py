"""The proof: figures of the source and of the files, computed apart and compared."""
