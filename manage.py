#!/usr/bin/env python3
"""`up` and `test` do all the set-up; everything else is Django's own command line."""

# No `from __future__` here: a Python too old for the rest must still be able to read this file and say so.
import os
import sys


def main() -> int:
    """Run one command; the result is the exit code of the process."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the very question
        sys.stderr.write(
            "Mosaic Dashboard needs Python 3.11 or newer, and this is Python {}.{}; "
            "Debian 12 and later have it: apt install python3 python3-venv\n".format(*sys.version_info[:2])
        )
        return 2
    if os.name != "posix":
        sys.stderr.write("Mosaic Dashboard runs on Linux and macOS; on Windows use it inside WSL.\n")
        return 2
    from mosaic_dashboard import bootstrap, lifeline, up

    command = sys.argv[1] if len(sys.argv) > 1 else ""
    # Bad usage is said before anything is installed.
    options = up.parse(sys.argv[2:]) if command == "up" else None
    try:
        bootstrap.ensure(sys.argv)
    except bootstrap.BootstrapError as error:
        sys.stderr.write(f"{error}\n")
        return error.code
    if options is not None:
        return up.run(options)
    if command == "test":
        bootstrap.run_tests(sys.argv[2:])
    lifeline.hold()
    return django_command()


def django_command() -> int:
    """Django's own command line; a setting that cannot be understood ends in its sentence, not in a traceback."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from mosaic_dashboard import lifeline

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mosaic_dashboard.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # Under `up` the web process says it; the worker, which reads the same settings, is ended before it repeats it.
        lifeline.wait_until_prepared()
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
