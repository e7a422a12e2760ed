"""A text field that is encrypted at rest."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class EncryptedTextField(TextField):
    """Text stored as a Fernet token (settings ``FIELD_KEYS``: the first encrypts, all decrypt).

    The empty string stays empty. A value that no key opens reads as empty: the page then says that the key must be
    entered again, which is more use than an error page. It can be neither searched nor ordered by.
    """

    def get_prep_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's own signature
        """Encrypt on the way in."""
        return _cipher(tuple(settings.FIELD_KEYS)).encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: Any, _expression: object, _connection: object) -> str:  # noqa: ANN401
        """Decrypt on the way out."""
        if not value:
            return ""
        try:
            return _cipher(tuple(settings.FIELD_KEYS)).decrypt(value.encode()).decode()
        except InvalidToken:
            return ""
