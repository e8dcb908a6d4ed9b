"""From an ASL document to a loaded machine: the model, and the loader that refuses what is faulty or unsupported."""
