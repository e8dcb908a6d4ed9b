"""`python -m asl_toolkit COMMAND`: the same as `asl COMMAND`."""

import sys

from asl_toolkit.commands import main

sys.exit(main())
