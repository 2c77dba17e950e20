"""The one settings module. Everything that differs between machines comes from the environment or `.env`.

Nothing needs to be set on a developer's machine: keys are made once and kept under `var/`, the database is SQLite,
and only loopback addresses are served over plain HTTP. Saying DEBUG=False or naming real hosts means production:
then HTTPS is required unless HTTPS=False is said.
"""

import importlib.util
import ipaddress
import secrets
import sys
import warnings
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def _kept_keys() -> dict[str, str]:
    """Return keys for a machine that was given none: made once, kept in `var/keys.env`, readable by the owner only."""
    path = VAR_DIR / "keys.env"
    if not path.exists():
        VAR_DIR.mkdir(mode=0o700, exist_ok=True)
        text = f"SECRET_KEY={secrets.token_urlsafe(50)}\nFIELD_KEYS={secrets.token_hex(32)}\n"
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(text)
        try:
            path.hardlink_to(fresh)  # the first process to get here wins, whole
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return dict(line.split("=", 1) for line in path.read_text().split() if "=" in line)


def _package_dir(name: str) -> Path:
    """Return the folder of an installed package that has no `__init__`, such as that of Bootstrap's assets."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(name)
    return Path(next(iter(spec.submodule_search_locations)))


def _is_loopback(host: str) -> bool:
    """Say whether a host name of ALLOWED_HOSTS only reaches this machine."""
    if host in ("localhost", ".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


DEBUG = env.bool("DEBUG", default=False)
_keys = {} if env.str("SECRET_KEY", "") and env.str("FIELD_KEYS", "") else _kept_keys()
SECRET_KEY = env.str("SECRET_KEY", "") or _keys["SECRET_KEY"]
# Hex keys of 32 bytes, newest first: the first encrypts, all decrypt. The blind index is keyed by the last one,
# so that a rotation keeps finding old records.
AUDIT_KEYS = env.list("AUDIT_KEYS", default=[])  # sign the audit trail; derived from FIELD_KEYS where there are none
FIELD_KEYS = env.list("FIELD_KEYS", default=[]) or _keys["FIELD_KEYS"].split(",")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TESTING = "pytest" in sys.modules

HTTPS = env.bool(
    "HTTPS",
    default=not DEBUG and ("DEBUG" in env.ENVIRON or not all(_is_loopback(h) for h in ALLOWED_HOSTS)) and not TESTING,
)

INSTALLED_APPS = [
    "reports",
    "demo",
    "assessments",
    "activities",
    "members",
    "branches",
    "ledgers",
    "accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "csp",
    "django_htmx",
    "django_tomselect",
    "lucide",
    "treebeard",
    "import_export",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.middleware.PersonsSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.ZeroByteMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.NoStoreMiddleware",
    "accounts.middleware.CurrentAccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.WayBackMiddleware",
    "reports.middleware.ChosenMiddleware",
    "ledgers.middleware.ReadOnceMiddleware",
    "ledgers.middleware.LateReasonMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

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
                "django_tomselect.context_processors.tomselect",
                "reports.navigation.chrome",
                "accounts.drafts.draft_key",
            ],
        },
    },
]

if not env.str("DATABASE_URL", default=""):  # else nothing is written beside the code, which may be read-only
    VAR_DIR.mkdir(mode=0o700, exist_ok=True)
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a write waits for its turn instead of failing half-way
        "timeout": 30,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
            "PRAGMA busy_timeout=30000; PRAGMA cache_size=-16384;"
        ),
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A transaction forgotten in some console must not stop everybody: who waits too long is told (reports.failures).
    LOCK_TIMEOUT = env.str("DATABASE_LOCK_TIMEOUT", default="30s")
    given = DATABASES["default"].setdefault("OPTIONS", {})
    # Nor may a single question that the planner took wrong: no statement of the portal's takes minutes.
    STATEMENT_TIMEOUT = env.str("DATABASE_STATEMENT_TIMEOUT", default="5min")
    limits = (
        f"-c lock_timeout={LOCK_TIMEOUT} -c statement_timeout={STATEMENT_TIMEOUT}"
        " -c idle_in_transaction_session_timeout=10min"
    )
    given["options"] = f"{limits} {given.get('options', '')}".strip()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Who
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.LengthValidator"},
    {"NAME": "accounts.passwords.ThreeKindsValidator"},
    {"NAME": "accounts.passwords.NotTheNameValidator"},
    {"NAME": "accounts.passwords.NoObviousWordsValidator"},
    {"NAME": "accounts.passwords.NoSequenceValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "accounts.views.page_expired"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True  # the half hour counts from the last request, not from the sign-in
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # no script reads it: the page itself carries the token
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = "accounts.sign_ins.wait"
AXES_HANDLER = "accounts.sign_ins.Handler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "accounts.sign_ins.refuse"
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]
AXES_IPWARE_META_PRECEDENCE_ORDER = ["REMOTE_ADDR"]

# Browser security
SELF = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"  # browsers take such a name from this very host over HTTPS only
    CSRF_COOKIE_NAME = "__Host-csrftoken"

# Language and time: business dates are Shanghai dates, timestamps are stored in UTC
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = "Y-m-d H:i"

# Files
URL_TABLE = "config.permissions.URL_TABLE"
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("bootstrap", _package_dir("bootstrap")),
]
_collected = (
    not DEBUG and not TESTING and ("collectstatic" in sys.argv or (Path(STATIC_ROOT) / "staticfiles.json").exists())
)
# Where nothing is collected, finders serve.
warnings.filterwarnings("ignore", "No directory at", module="django.core.handlers.base")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _collected
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not _collected
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(VAR_DIR / "media"))
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_TEMP_DIR = env.str("FILE_UPLOAD_TEMP_DIR", default=None)
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=20 * 1024 * 1024)
READ_PICTURES = env.bool("READ_PICTURES", default=True)  # half a gigabyte while one is read
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=200_000)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # an attendance roll of a large branch, a dues sheet
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Progress of long work is told through files, which every process of the machine can read
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache"
        if TESTING
        else "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": env.str("CACHE_DIR", default=str(VAR_DIR / "cache")),
    }
}

# Pages
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# Background work: in the process by default, in a worker over the database when TASKS=database
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend"
        if env.str("TASKS", default="process") == "database"
        else "django_tasks.backends.immediate.ImmediateBackend",
        "ENQUEUE_ON_COMMIT": True,
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "accounts.logs.LineFormatter", "fmt": "{asctime} {levelname} {name} {message}", "style": "{"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
SILENCED_SYSTEM_CHECKS = [
    "axes.W006",  # an office sits behind one address: five wrong passwords lock the account, not the whole office
]
