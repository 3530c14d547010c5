"""`python -m facewright` is the console script."""

import sys

from facewright.cli import main

if __name__ == "__main__":
    sys.exit(main())
