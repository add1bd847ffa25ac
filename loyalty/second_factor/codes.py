"""Codes as such: those an app counts from the clock (RFC 6238), and those written down for its loss.

Pure. An app's code belongs to a step of 30 seconds since 1970; one step before and after are taken too, for
clocks that go wrong. A recovery code holds 80 random bits, so its plain digest gives nothing away.
"""

import base64
import hashlib
import hmac
import secrets
import struct
import unicodedata
from datetime import datetime

STEP_SECONDS = 30
TOLERANCE = 1
DIGITS = 6
RECOVERY_CODES = 10
GROUP = 4
RECOVERY_LENGTH = 16
SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that looks like something else


def new_secret() -> str:
    """160 random bits, in the letters apps take."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The six digits of one step: HOTP of RFC 4226 with SHA-1, which is what every app speaks."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1)
    start = digest[-1] & 0x0F
    (number,) = struct.unpack(">I", digest[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}}"


def step_at(now: datetime) -> int:
    """The number of the step ``now`` lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def match(secret: str, code: str, *, now: datetime) -> int | None:
    """The step this code belongs to, of the three that are taken now; ``None`` for any other code."""
    here = step_at(now)
    steps = range(here - TOLERANCE, here + TOLERANCE + 1)
    fitting = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), plain(code).encode())]
    return max(fitting, default=None)


def new_recovery_codes() -> list[str]:
    """Ten codes as they are shown: four groups of four."""
    made = ("".join(secrets.choice(SIGNS) for _sign in range(RECOVERY_LENGTH)) for _code in range(RECOVERY_CODES))
    return [grouped(code, "-") for code in made]


def is_recovery_code(code: str) -> bool:
    """Whether it has the length of one."""
    return len(plain(code)) == RECOVERY_LENGTH


def digest(code: str) -> str:
    """What is kept of a recovery code."""
    return hashlib.sha256(plain(code).encode()).hexdigest()


def plain(typed: str) -> str:
    """What was typed without spaces, dashes, small letters and the wide digits of a Chinese keyboard."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", typed).upper() if sign.isalnum())


def grouped(text: str, between: str = " ") -> str:
    """In fours, for people who copy it by eye."""
    return between.join(text[start : start + GROUP] for start in range(0, len(text), GROUP))
