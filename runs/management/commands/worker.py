"""``manage.py worker``: the background work; ``up`` starts it."""

from __future__ import annotations

import logging
import os

from django.core.management.base import BaseCommand

from mosaic_dashboard import lifeline
from runs.jobs.worker import run_worker


class Command(BaseCommand):
    """Poll remotes, lay graphs out, render."""

    help = "Do the background work until SIGTERM or Ctrl-C."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own way to say it

    def handle(self, *_args: object, **_options: object) -> None:
        """Work, and then end at once: what a thread may still be doing is made to survive that."""
        lifeline.wait_until_prepared()
        run_worker()
        logging.shutdown()
        os._exit(0)
