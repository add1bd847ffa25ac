"""Settings, read from the environment. Without any, the portal runs embedded: SQLite, no broker.

``DATABASE_URL``, ``DATABASE_PREPARE`` (after how many times a statement's plan is kept; 0 never, for a
pooler that hands out another connection for each transaction), ``BROKER_URL``, ``CACHE_URL``,
``SECRET_KEY``, ``DEBUG``, ``ALLOWED_HOSTS``,
``CSRF_TRUSTED_ORIGINS``, ``EVERGREEN_VAR`` (folder for state), ``TRUSTED_PROXIES`` (hops),
``SUPPORT_URL`` (where members find help), ``EMAIL_URL`` and ``EMAIL_FROM`` (console without),
``SITE_URL`` (for links in messages), ``SMS_CHANNEL`` (a class; none without), ``SMS_DAILY_BUDGET``,
``EVERGREEN_FONT`` (a font file with Chinese for pictures),
``STAFF_SECOND_FACTOR`` (``required``, or ``offered`` as in a demo),
``EVERGREEN_WEIXIN_APP_ID`` and ``EVERGREEN_WEIXIN_SECRET`` (signing in with WeChat; not offered without).
Upper apps are named only as strings, so the ground floor never imports them.
"""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from loyalty.theme import theme

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.str("EVERGREEN_VAR", default=str(BASE_DIR / "var"))).resolve()
VAR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("EVERGREEN_DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if not (DEBUG or DEMO):
        raise ImproperlyConfigured("Set SECRET_KEY, or DEBUG=1 or EVERGREEN_DEMO=1 to try the portal out.")
    SECRET_KEY = "only-for-trying-out-" + "0" * 40
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"] if DEBUG or DEMO else []
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=LOCAL_HOSTS)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE = env.bool("EVERGREEN_HTTPS", default=not (DEBUG or DEMO))

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework_api_key",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "simple_history",
    "django_htmx",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "loyalty.apps.LoyaltyConfig",
    "members.apps.MembersConfig",
    "rewards.apps.RewardsConfig",
    "community.apps.CommunityConfig",
]

MIDDLEWARE = [
    "loyalty.web.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "loyalty.web.middleware.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "members.web.places.note_places",
    "loyalty.web.sessions.end_stays",
    "loyalty.web.second_factor.gate.require",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "loyalty.web.middleware.one_configuration",
]

ROOT_URLCONF = "loyalty.urls"
WSGI_APPLICATION = "loyalty.wsgi.application"
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
                "loyalty.web.context.programme",
                "members.web.context.inbox",
            ],
        },
    }
]


def _database() -> dict[str, Any]:
    config: dict[str, Any] = env.db_url("DATABASE_URL", default=f"sqlite:///{VAR / 'evergreen.sqlite3'}")
    if "sqlite" in config["ENGINE"]:
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        }
        config["TEST"] = {"NAME": str(VAR / "test.sqlite3")}
    else:
        config["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
        config["CONN_HEALTH_CHECKS"] = True
        config.setdefault("OPTIONS", {})["prepare_threshold"] = env.int("DATABASE_PREPARE", default=3) or None
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://")}

AUTH_USER_MODEL = "loyalty.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "members.backends.MemberBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_validation = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": _validation + "UserAttributeSimilarityValidator"},
    {"NAME": _validation + "MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": _validation + "CommonPasswordValidator"},
]
LOGIN_URL = "members:sign-in"
LOGIN_REDIRECT_URL = "members:home"
LOGOUT_REDIRECT_URL = "members:sign-in"

# WeChat: a website's app for the code on a screen, and perhaps an official account's for WeChat's own browser.
# Of allauth only its road to a provider is used (members/web/oauth.py); its pages have no addresses.
WEIXIN_APP = (env.str("EVERGREEN_WEIXIN_APP_ID", default=""), env.str("EVERGREEN_WEIXIN_SECRET", default=""))
WEIXIN_OFFICIAL_APP = (
    env.str("EVERGREEN_WEIXIN_OFFICIAL_APP_ID", default=WEIXIN_APP[0]),
    env.str("EVERGREEN_WEIXIN_OFFICIAL_SECRET", default=WEIXIN_APP[1]),
)
SOCIALACCOUNT_ADAPTER = "members.web.oauth.Doorway"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
ACCOUNT_EMAIL_VERIFICATION = "none"

# The staff's second factor: "required", or "offered" where it may be tried out without one (loyalty.second_factor).
STAFF_SECOND_FACTOR = env.str("STAFF_SECOND_FACTOR", default="offered" if DEBUG or DEMO else "required")
MFA_ADAPTER = "loyalty.second_factor.vault.Vault"

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="zh-hans")
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = LANGUAGE_COOKIE_HTTPONLY = SECURE
FORMAT_MODULE_PATH = ["loyalty.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = VAR / "media"
SHARE_FONT = env.str("EVERGREEN_FONT", default="")  # a file; else the first known one with Chinese is taken
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# Compressing is most of collectstatic: only what pages ask for, and no source maps.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["jpg", "jpeg", "png", "gif", "webp", "gz", "br", "woff", "woff2", "map"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SECURE_SSL_REDIRECT = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.int("TRUSTED_PROXIES", default=0) else None
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "loyalty.web.errors.csrf_failed"
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# The policy for every page; longer prefixes win. The admin theme's Alpine needs unsafe-eval.
_strict = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
}
SECURE_CSP = {
    "/": _strict,
    "/admin/": {
        **_strict,
        "script-src": "'self' 'unsafe-eval'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' blob: data:",
    },
    "/api/docs/": {**_strict, "style-src": "'self' 'unsafe-inline'", "img-src": "'self' data:"},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["loyalty.api.authentication.PartnerKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["loyalty.api.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["loyalty.api.parsing.StrictJSONParser"],
    "EXCEPTION_HANDLER": "loyalty.api.errors.handle",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Evergreen Partner API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["loyalty.api.describing.point_to_components"],
}

BROKER_DIR = VAR / "broker"
CELERY_BROKER_URL = env.str("BROKER_URL", default="safe+filesystem://")
CELERY_BROKER_CONNECTION_TIMEOUT = 2  # a request that leaves a hint must not wait for a dead broker
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_keepalive": True}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "loyalty.scheduling.CatchUpScheduler"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

UNFOLD = theme(demo=DEMO)

SUPPORT_URL = env.str("SUPPORT_URL", default="")
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="Evergreen <no-reply@localhost>")
PHONE_REGION = env.str("PHONE_REGION", default="CN")
SITE_URL = env.str("SITE_URL", default="").rstrip("/")
# What carries messages, by channel: a class of `loyalty.messaging.channels` or of a provider; empty for none.
MESSAGE_CHANNELS = {
    "in_app": "loyalty.messaging.channels.Inbox",
    "email": "loyalty.messaging.channels.Email",
    "sms": env.str("SMS_CHANNEL", default="loyalty.messaging.channels.ConsoleSms" if DEBUG or DEMO else ""),
}
SMS_DAILY_BUDGET = env.int("SMS_DAILY_BUDGET", default=10_000)
SMS_DAILY_PER_NUMBER = env.int("SMS_DAILY_PER_NUMBER", default=10)
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
