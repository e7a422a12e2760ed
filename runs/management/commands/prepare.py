"""Everything that must exist before the first page: folder, schema, static files, people, connections, samples."""

from __future__ import annotations

import logging
import secrets
import string
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model, password_validation
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand

from mosaic_dashboard import env, prepare
from runs import access, gateway
from runs.engine.demo import samples
from runs.engine.nodes.base import NodeError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

ADMINISTRATOR = "admin"
# Without what is easily misread.
PASSWORD_LETTERS = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))


class Command(BaseCommand):
    help = "Prepare the data folder: migrations, static files, first administrator, connections, samples."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own attribute

    def handle(self, *_args: object, **_options: object) -> None:
        """Prepare, and print what the first administrator needs."""
        everything(lambda word, value: self.stdout.write(f"{word.capitalize()}: {value}"))


def everything(tell: Callable[[str, str], None]) -> None:
    """Prepare all; ``tell("administrator" | "password", value)`` is called the first time."""
    prepare.folder()
    # Compressing the static files takes seconds of one core the first time: beside the rest.
    with ThreadPoolExecutor(max_workers=1) as aside:
        static_files = aside.submit(prepare.static_files)
        prepare.database()
        access.ensure_roles()
        first_administrator(tell)
        gateway.ensure_connections()
        if settings.MOSAIC_ENGINE:
            ensure_samples()
        static_files.result()


def ensure_samples() -> None:
    """Sample agents and clip; the pages work without them."""
    try:
        samples.ensure()
    except NodeError as error:
        log.error("The sample clip could not be made, the next start tries again: %s", error)


def first_administrator(tell: Callable[[str, str], None]) -> None:
    """Where nobody has an account yet, make one that may do everything."""
    people = get_user_model()
    if people.objects.exists():
        return
    given = env.value("MOSAIC_ADMIN_PASSWORD")
    password = given or _new_password()
    try:
        password_validation.validate_password(password)
    except ValidationError as error:
        log.warning("MOSAIC_ADMIN_PASSWORD is weak: %s", " ".join(error.messages))
    people.objects.create_superuser(username=ADMINISTRATOR, password=password)
    tell("administrator", ADMINISTRATOR)
    tell("password", "(as set in MOSAIC_ADMIN_PASSWORD)" if given else password)


def _new_password() -> str:
    return "-".join("".join(secrets.choice(PASSWORD_LETTERS) for _ in range(4)) for _ in range(4))
