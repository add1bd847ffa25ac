"""The product's settings for a test run: a state folder of its own, and nothing slow on purpose.

A run never touches `var/`'s own database: worker processes share the folder their controller made.
The type checker reads these settings too, and leaves nothing behind.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

if "pytest" not in sys.modules:
    os.environ["EVERGREEN_TEST_VAR"] = str(Path(__file__).resolve().parent.parent / "var" / "check")
elif "EVERGREEN_TEST_VAR" not in os.environ:
    os.environ["EVERGREEN_TEST_VAR"] = tempfile.mkdtemp(prefix="evergreen-test-")
    atexit.register(shutil.rmtree, os.environ["EVERGREEN_TEST_VAR"], ignore_errors=True)
os.environ["EVERGREEN_VAR"] = os.environ["EVERGREEN_TEST_VAR"]
os.environ["EVERGREEN_DEMO"] = "1"
os.environ["DEBUG"] = "0"
for name in ("SECRET_KEY", "ALLOWED_HOSTS", "BROKER_URL", "CACHE_URL", "TRUSTED_PROXIES", "EVERGREEN_HTTPS"):
    os.environ.pop(name, None)

from loyalty.settings import *  # noqa: E402, F403  # the environment above must be set before they are read
from loyalty.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402  # likewise

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
CELERY_BROKER_URL = "memory://"
LOGGING = {"version": 1, "disable_existing_loggers": False}  # pytest collects and shows them
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # pages are served straight from their sources

if "sqlite" in DATABASES["default"]["ENGINE"]:
    options = DATABASES["default"]["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    # The pass on PostgreSQL walks every migration; here the tables are made as they are today.
    DATABASES["default"]["TEST"] = {**DATABASES["default"].get("TEST", {}), "MIGRATE": False}
