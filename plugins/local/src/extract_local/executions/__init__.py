"""One execution on this machine: the interpreter, its folder, its event log and its clock."""
