"""`python -m asl_toolkit COMMAND`."""

import sys

from asl_toolkit.commands import main

sys.exit(main(sys.argv[1:]))
