"""What a connection's address may be: a key travels with every request to it."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

OTHER_SERVER = "The stored key is for another server. Enter the key for this one."


def check_address(address: str) -> None:
    """Raise ValidationError unless it is HTTPS, or plain HTTP on this machine; scheme, host, port and path alone."""
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError as error:
        raise ValidationError("This is not an address.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValidationError("Write the whole address, starting with https://.")
    # Programs disagree about which host such a text names.
    if "\\" in address or " " in address or not address.isprintable():
        raise ValidationError("The address contains spaces or characters that an address cannot have.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValidationError("Only scheme, host, port and path: the key has a field of its own.")
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise ValidationError("Use https://: over plain http the key could be read on the way.")


def same_server(one: str, other: str) -> bool:
    """Whether both addresses lead to the same scheme, host and port."""
    return _origin(one) == _origin(other)


def _origin(address: str) -> tuple[str, str, int]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
