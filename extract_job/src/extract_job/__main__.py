"""`python -m extract_job`; `verify` compares files that were committed; `selftest` tries each type in your own database.

Exit codes: 0 done, 1 the extract failed, 2 wrong arguments, 130 and 143 stopped by a signal.
"""

import sys

from extract_job.program import main

if __name__ == "__main__":
    if sys.argv[1:] == ["verify"]:
        from extract_job import verifying

        sys.exit(verifying.main(sys.stdin, sys.stdout))
    if sys.argv[1:2] == ["selftest"]:
        from extract_job.selftest import program

        sys.exit(program.main(sys.argv[2:], sys.stdout))
    sys.exit(main(sys.argv[1:]))
