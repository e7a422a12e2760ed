"""The web process of `manage.py up`; the parent hands it the socket and a pipe to report on."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from django.core.management import BaseCommand
from django.db import connections

from mosaic_dashboard import web
from mosaic_dashboard.prepare import warn_about_exposure
from runs.management.commands.prepare import everything

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Serve pages on a socket that `manage.py up` opened. Not for people: use `up`."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own attribute

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The inherited descriptors."""
        parser.add_argument("--listener", type=int, required=True)
        parser.add_argument("--status", type=int, required=True)
        parser.add_argument("--prepare", action="store_true")

    def handle(self, *_args: object, status: int, listener: int, prepare: bool, **_options: object) -> None:
        """Prepare if asked to, then serve."""
        os.set_inheritable(status, False)
        opened = socket.socket(fileno=listener)
        opened.set_inheritable(False)

        def tell(*words: str) -> None:
            os.write(status, " ".join(words).encode() + b"\n")

        if prepare:
            everything(tell)
            warn_about_exposure(opened.getsockname()[0])
            connections.close_all()
            tell("prepared")
        web.serve(opened, lambda: tell("answers"))
