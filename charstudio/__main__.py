"""`charstudio` and `python -m charstudio`: the command line, which opens the window when no verb is given."""

from __future__ import annotations

import sys


def main() -> None:
    """Run and end with an exit code: 0, 1 for what went wrong, 2 for wrong usage."""
    from charstudio.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
