#!/usr/bin/env python3
"""`up` and `test` do all the set-up; everything else is Django's own command line."""

from __future__ import annotations

import os
import sys

from mosaic_dashboard import bootstrap


def main() -> int:
    """Run one command; the exit code is the process's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mosaic_dashboard.settings")
    bootstrap.ensure(sys.argv)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
