"""Addresses of the engine's own videos and pictures: absolute, signed, expiring, and different on each read."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http.request import validate_host
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from runs.engine.models import Asset, Render

if TYPE_CHECKING:
    from uuid import UUID

# Mosaic: "signed, valid 7 days".
LIFETIME_SECONDS = 7 * 24 * 3600
VIDEO, THUMBNAIL = "video.mp4", "thumbnail.jpg"
SAMPLES = "samples"
_SIGNED = re.compile(
    r"/engine/media/(?P<kind>renders|assets)/(?P<id>[0-9a-f-]{36})/(?P<file>video\.mp4|thumbnail\.jpg)"
)
_SAMPLE = re.compile(r"/engine/samples/(?P<file>[a-z0-9-]+\.mp4)")


def signed_url(item: Render | Asset, file: str, *, lifetime_seconds: int = LIFETIME_SECONDS) -> str:
    """An address for ``video.mp4`` or ``thumbnail.jpg`` of this item; negative lifetimes make expired ones."""
    kind = "renders" if isinstance(item, Render) else "assets"
    return _sign(f"/engine/media/{kind}/{item.pk}/{file}", lifetime_seconds)


def video_url(item: Render | Asset) -> str:
    """A fresh address of the video."""
    return signed_url(item, VIDEO)


def thumbnail_url(item: Render | Asset) -> str | None:
    """A fresh address of the thumbnail, if there is one."""
    return signed_url(item, THUMBNAIL) if item.thumbnail_path else None


def sample_url(file: str) -> str:
    """The unsigned, lasting address of a sample clip."""
    return f"{settings.PUBLIC_URL}/engine/samples/{file}"


def expired(url: str) -> str:
    """The same address as if its time had run out; anything that is not ours comes back unchanged."""
    match = _SIGNED.search(urlsplit(url).path)
    return _sign(match.group(0), -1) if match and _is_ours(urlsplit(url)) else url


def path_of(url: str) -> Path | None:
    """The file on disk behind one of our own addresses; None for other people's, and for bad or expired signatures."""
    try:
        parts = urlsplit(url)
        # Half a character (a lone surrogate out of JSON) can be neither signed nor looked up.
        url.encode()
        if parts.scheme not in {"http", "https"} or not _is_ours(parts):
            return None
    except ValueError:
        return None
    sample = _SAMPLE.search(parts.path)
    if sample and parts.path.endswith(sample.group(0)):
        return sample_path(sample["file"])
    signed = _SIGNED.search(parts.path)
    if not signed or not parts.path.endswith(signed.group(0)):
        return None
    query = parse_qs(parts.query)
    expires, signature = (query.get(name, [""])[0] for name in ("expires", "signature"))
    return file_path(signed["kind"], signed["id"], signed["file"]) if is_valid(signed[0], expires, signature) else None


def is_valid(path: str, expires: str, signature: str) -> bool:
    """Whether the signature is ours for this path and has not expired."""
    salt, _, mark = signature.partition("-")
    if not expires.isdecimal() or not constant_time_compare(mark, _mark(path, expires, salt)):
        return False
    return int(expires) > timezone.now().timestamp()


def file_path(kind: str, item_id: UUID | str, file: str) -> Path | None:
    """Where the item's file is, if the item and the file exist."""
    rows = Render.objects if kind == "renders" else Asset.objects
    try:
        item = rows.filter(pk=item_id).only("video_path", "thumbnail_path").first()
    except (ValidationError, ValueError):
        return None
    relative = "" if item is None else item.video_path if file == VIDEO else item.thumbnail_path
    return _inside(Path(relative)) if relative else None


def sample_path(file: str) -> Path | None:
    """Where a sample clip is."""
    return _inside(Path(SAMPLES) / file) if re.fullmatch(r"[a-z0-9-]+\.mp4", file) else None


def _inside(relative: Path) -> Path | None:
    """The path below the engine's folder; never one that leads out of it."""
    path = (settings.ENGINE_DIR / relative).resolve()
    return path if path.is_relative_to(settings.ENGINE_DIR.resolve()) and path.is_file() else None


def _sign(path: str, lifetime_seconds: int) -> str:
    expires = str(int(timezone.now().timestamp()) + lifetime_seconds)
    # The salt makes each reading of one address different, as with the remote service.
    salt = secrets.token_hex(4)
    return f"{settings.PUBLIC_URL}{path}?expires={expires}&signature={salt}-{_mark(path, expires, salt)}"


def _mark(path: str, expires: str, salt: str) -> str:
    return salted_hmac("runs.engine.http.media", f"{path}|{expires}|{salt}", algorithm="sha256").hexdigest()


def _is_ours(parts: SplitResult) -> bool:
    """Any of our host names, at a port that we are reached by."""
    ports = {_port(urlsplit(address)) for address in (settings.PUBLIC_URL, settings.SERVE_URL)}
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return validate_host(host, settings.ALLOWED_HOSTS) and _port(parts) in ports


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)
