"""Django's settings; what a site may choose comes through ``env`` (docs/reference/settings.md)."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from pomsproject import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.path("POMS_DATA_DIR", str(BASE_DIR / "var"))

DEBUG = env.flag("POMS_DEBUG")
SECRET_KEY = env.required("POMS_SECRET_KEY")
ALLOWED_HOSTS = env.words("POMS_ALLOWED_HOSTS", "127.0.0.1,localhost")
POMS_URL = env.text("POMS_URL", "http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = [POMS_URL]

BATCH_DIR = env.path("POMS_BATCH_DIR", str(DATA_DIR / "batch"))
LOCAL_LAUNCHER = env.flag("POMS_LOCAL_LAUNCHER")
LAUNCH_ENVIRONMENT = env.inherited("HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR")
SSH_ENVIRONMENT = env.inherited("SSH_AUTH_SOCK", "KRB5CCNAME")
SSH_CONFIG = env.text("POMS_SSH_CONFIG")  # ssh_config(5): ports, keys and jump hosts of the site
SSH_KNOWN_HOSTS = env.text("POMS_SSH_KNOWN_HOSTS")
PROXY_FILE = env.text("POMS_PROXY_FILE")  # {experiment}, {role} and the like are filled in
VAULT_TOKEN_FILE = env.text("POMS_VAULT_TOKEN_FILE")
VAULT_SERVER = env.text("POMS_VAULT_SERVER")
MANAGED_TOKENS_SERVER = env.text("POMS_MANAGED_TOKENS_SERVER")
LEASE = env.seconds("POMS_LEASE", 120)  # how long a worker may take over one row
PASS_LATE_AFTER = env.seconds("POMS_PASS_LATE_AFTER", 900)  # then /healthz says "degraded"
TIME_TO_SUBMIT = env.seconds("POMS_TIME_TO_SUBMIT", 60)  # from leave to the job id
DEMO_PASSWORD = env.text("POMS_DEMO_PASSWORD")
CRASH_AT = env.text("POMS_CRASH_AT")  # crash tests only: where to die
ANALYSIS_LAUNCH_HOST = env.text("POMS_ANALYSIS_LAUNCH_HOST", "localhost")
METACAT_KEYS = env.pairs("POMS_METACAT_KEYS")  # which metadata say a run, a version, an end
ANALYSIS_LAUNCH_ACCOUNT = env.text("POMS_ANALYSIS_LAUNCH_ACCOUNT", "poms_launcher")

INSTALLED_APPS = [
    "campaigns.apps.PomsAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "simple_history",
    "django_crontab",
    "csp",
    "datahandling",
    "campaigns",
    "submissions",
    "workflow",
    "pomsproject",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "pomsproject.refusing.RefuseUnstorable",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pomsproject.conditional.UnchangedAnswers",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "pomsproject.urls"
WSGI_APPLICATION = "pomsproject.wsgi.application"
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
            ]
        },
    }
]

DATABASES = {
    "default": {
        **environ.Env.db_url_config(env.required("POMS_DATABASE_URL")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "campaigns.Experimenter"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
# Where `collectstatic` puts a copy for a web server in front; without one, POMS serves them itself.
STATIC_ROOT = env.text("POMS_STATIC_ROOT") or None
WHITENOISE_USE_FINDERS = True
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "pomsproject.packages.PackageFinder",
]
NODE_MODULES = BASE_DIR / "node_modules"

# Counts requests (campaigns.api.limits): one entry for each caller and minute.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 2**20  # 10,000 reports are 3 MB
FILE_UPLOAD_HANDLERS = [
    "campaigns.multipart.NamesAsSent",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

HTTPS = POMS_URL.lower().startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Who says it is trusted to: set by a site whose web server does so in every request.
TLS_SAID_BY = env.text("POMS_PROXY_SSL_HEADER").upper().replace("-", "_")
SECURE_PROXY_SSL_HEADER = (f"HTTP_{TLS_SAID_BY}", "https") if TLS_SAID_BY else None
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "submissions.authentication.JobTokenAuthentication",
        "campaigns.scitokens.JWTAuthentication",
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "campaigns.api.permissions.InScope",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["campaigns.api.limits.PerMinute"],
    "DEFAULT_PARSER_CLASSES": ["campaigns.api.parsing.StorableJSON"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "campaigns.api.openapi.Described",
    "EXCEPTION_HANDLER": "campaigns.api.refusals.answer",
    "PAGE_SIZE": 100,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "POMS",
    "DESCRIPTION": "Production Operations Management System: campaigns that run themselves.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SORT_OPERATIONS": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "submissions.statuses.Status",
        "ServiceStateEnum": "submissions.models.services.ServiceState",
    },
}
KNOX_TOKEN_MODEL = "campaigns.ApiToken"
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": timedelta(days=365)}

# Whose three-part tokens are taken: an issuer, and where its public keys are (a file or a URL).
TOKEN_ISSUERS = env.pairs("POMS_TOKEN_ISSUERS")
TOKEN_AUDIENCES = env.words("POMS_TOKEN_AUDIENCES", POMS_URL)
# How many requests a minute the API takes of an address, of a person or a token, of the jobs of a
# submission; in each server process.
API_LIMITS = env.numbers("POMS_API_LIMITS", {"anonymous": 3_000, "person": 3_000, "job": 30_000})

# Django says nothing of a page that failed, unless told where.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR"}},
}

CRONJOBS = [("*/5 * * * *", "django.core.management.call_command", ["wrapup_tasks"])]
CRONTAB_DJANGO_MANAGE_PATH = str(BASE_DIR / "manage.py")
CRONTAB_COMMENT = f"POMS in {BASE_DIR}"  # each installation keeps to its own lines
CRONTAB_COMMAND_PREFIX = env.for_cron()
CRONTAB_COMMAND_SUFFIX = f">> {DATA_DIR}/cron.log 2>&1"
