"""`python -m facewright` is the console script."""

import signal
import sys


def run() -> int:
    """Run one command; Ctrl-C while it is imported ends the process without a traceback, SIGTERM is a Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from facewright.cli import main

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    return main()


if __name__ == "__main__":
    sys.exit(run())
