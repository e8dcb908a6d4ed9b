"""From an ASL document to a loaded machine: the model, and the loader, which refuses faulty and unsupported definitions."""
