"""Settings, read top to bottom. Every name that a person may set is in ``.env.example``."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from mosaic_dashboard import dotenv, env

BASE_DIR = Path(__file__).resolve().parent.parent
# A file for people; the environment wins over it.
for _name, _text in dotenv.read(dotenv.path()).items():
    os.environ.setdefault(_name, _text)

# --- Where things live -------------------------------------------------------------------------------------------
DATA_DIR = env.private_folder((BASE_DIR / env.value("MOSAIC_DATA_DIR", "var")).resolve())
KEYS_DIR = DATA_DIR / "keys"
ENGINE_DIR = DATA_DIR / "engine"

DEBUG = False
SECRET_KEY = env.key_file(KEYS_DIR / "secret_key", env.secret_key)
# The first key encrypts, every line decrypts: rotation puts a new line on top.
FIELD_KEYS = env.key_file(KEYS_DIR / "field_key", env.field_key).split()

# --- The remote service and the embedded engine -------------------------------------------------------------------
MOSAIC_API_KEY = env.value("MOSAIC_API_KEY")
MOSAIC_API_URL = env.address("MOSAIC_API_URL", "https://api.mosaic.so")
MOSAIC_WEBHOOK_SECRET = env.value("MOSAIC_WEBHOOK_SECRET")
MOSAIC_ENGINE = env.switch("MOSAIC_ENGINE", default=not MOSAIC_API_KEY)
MOSAIC_ENGINE_KEY = env.value("MOSAIC_ENGINE_KEY") or env.key_file(KEYS_DIR / "engine_key", env.engine_key)
MOSAIC_ENGINE_FAULTS = env.switch("MOSAIC_ENGINE_FAULTS", default=False)
MOSAIC_ENGINE_CREDITS = env.number("MOSAIC_ENGINE_CREDITS", 1000)
MOSAIC_FETCH_ALLOW = env.networks("MOSAIC_FETCH_ALLOW")
MOSAIC_MEDIA_ORIGINS = env.origins("MOSAIC_MEDIA_ORIGINS", "https://storage.googleapis.com")

# Seconds; short values make the kill tests quick and are of no use elsewhere.
MOSAIC_SWEEP_SECONDS = env.number("MOSAIC_SWEEP_SECONDS", 1, minimum=1)
MOSAIC_LEASE_SECONDS = env.number("MOSAIC_LEASE_SECONDS", 30, minimum=2)

# --- The public address -------------------------------------------------------------------------------------------
# `up` passes the address it serves in MOSAIC_SERVE_URL; MOSAIC_PUBLIC_URL is what people type where a name or a
# proxy stands before it.
SERVE_URL = env.origin("MOSAIC_SERVE_URL", "http://127.0.0.1:8000")
PUBLIC_URL = env.origin("MOSAIC_PUBLIC_URL") or SERVE_URL
PUBLIC_URL_IS_SET = bool(env.value("MOSAIC_PUBLIC_URL"))
_public, _serve = urlsplit(PUBLIC_URL), urlsplit(SERVE_URL)
PUBLIC_IS_HTTPS = _public.scheme == "https"
# `up` never ends TLS itself, so an https:// address means a proxy, by default on this machine.
MOSAIC_TRUSTED_PROXY = env.value("MOSAIC_TRUSTED_PROXY", "127.0.0.1" if PUBLIC_IS_HTTPS else "")

ALLOWED_HOSTS = sorted(
    {
        "127.0.0.1",
        "localhost",
        "[::1]",
        *(f"[{host}]" if ":" in host else host for host in (_public.hostname or "", _serve.hostname or "")),
        *env.words("MOSAIC_ALLOWED_HOSTS"),
    }
)
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC_IS_HTTPS else None
SECURE_SSL_REDIRECT = PUBLIC_IS_HTTPS
SECURE_SSL_HOST = _public.netloc
# Probes and programs on this machine ask over plain HTTP.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^engine/"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_IS_HTTPS else 0
# What other names under ours do is not for this application to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Browsers ignore it, with an error in their console, where the origin is neither secure nor this machine's own.
_is_secure_origin = PUBLIC_IS_HTTPS or _public.hostname in {"127.0.0.1", "localhost", "::1"}
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if _is_secure_origin else None
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "mosaic_session"
CSRF_COOKIE_NAME = "mosaic_csrf"
SESSION_COOKIE_AGE = 14 * 24 * 3600
# A form has up to four fields for each node of a graph, and graphs may have a thousand nodes.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *MOSAIC_MEDIA_ORIGINS],
        "media-src": [SELF, *MOSAIC_MEDIA_ORIGINS],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}

# --- Applications ---------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "mosaic_dashboard.admin.MosaicAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "django_htmx",
    "lucide",
    "runs",
    "runs.engine",
]
MIDDLEWARE = [
    "mosaic_dashboard.middleware.honest_head",
    "mosaic_dashboard.middleware.lean_poll",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mosaic_dashboard.middleware.PageGZip",
    "csp.middleware.CSPMiddleware",
    "mosaic_dashboard.middleware.private_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "mosaic_dashboard.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "mosaic_dashboard.urls"
WSGI_APPLICATION = "mosaic_dashboard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "runs.views.chrome.chrome",
            ],
        },
    }
]

# --- Database: our rows are the truth ---------------------------------------------------------------------------------
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "db.sqlite3",
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=134217728;PRAGMA cache_size=2000;"
            ),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
QUEUE_DIR = DATA_DIR / "queue"

# --- People -----------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["runs.access.RoleBackend"]
LOGIN_URL = "runs:login"
LOGIN_REDIRECT_URL = "runs:home"
LOGOUT_REDIRECT_URL = "runs:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Files, words, logs -------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = env.time_zone("MOSAIC_TIME_ZONE")

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "mosaic_dashboard.logs.MaskingFormatter",
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
            "secrets": [MOSAIC_API_KEY, MOSAIC_ENGINE_KEY, MOSAIC_WEBHOOK_SECRET, SECRET_KEY, *FIELD_KEYS],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.choice("MOSAIC_LOG_LEVEL", "INFO", LOG_LEVELS)},
    "loggers": {"huey": {"level": "WARNING"}, "urllib3": {"level": "ERROR"}, "waitress.queue": {"level": "ERROR"}},
}
