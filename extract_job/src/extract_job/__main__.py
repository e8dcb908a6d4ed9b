"""`python -m extract_job`.

Exit codes: 0 done, 1 the extract failed, 2 wrong arguments, 130 and 143 stopped by a signal.
"""

import sys

from extract_job.program import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
