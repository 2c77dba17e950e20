"""Encryption at rest of sensitive text, and keyed digests to find or compare it without reading it.

`settings.FIELD_KEYS` lists hex keys of 32 bytes, newest first: the first encrypts, all decrypt. The blind index and the
digest are keyed by the LAST one, so that putting a new key in front leaves every stored index valid.
"""

import binascii
import hashlib
import hmac
import logging
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.signals import setting_changed
from django.db import models
from django.db.models.lookups import Lookup

VERSION, UNBOUND = "v2", "v1"
"""Tokens say and seal which column they belong to; those of before do not, until `manage.py reencrypt` has been run."""
NONCE_BYTES = 12
KEY_ID_HEX = 8  # hex digits of the key's own digest that a token carries
MARK = b"v1"  # opens encrypted files


logger = logging.getLogger(__name__)


class Undecryptable(ValueError):
    """A token that no key of FIELD_KEYS opens: a key was dropped, or the stored value was altered."""


class _Keyring:
    """The ciphers and derived keys of one FIELD_KEYS setting, made once per process."""

    def __init__(self, hex_keys: list[str]) -> None:
        try:
            keys = [bytes.fromhex(key.strip()) for key in hex_keys]
        except ValueError as error:
            raise ImproperlyConfigured("FIELD_KEYS must be hex keys, separated by commas") from error
        if not keys or any(len(key) != 32 for key in keys):
            raise ImproperlyConfigured("FIELD_KEYS must name at least one key of 32 bytes (64 hex digits)")
        self.ciphers = {
            hashlib.sha256(b"key-id" + key).hexdigest()[:KEY_ID_HEX]: AESGCM(_derive(key, "encrypt")) for key in keys
        }
        self.newest_id, self.newest = next(iter(self.ciphers.items()))
        self._first, self._oldest = keys[0], keys[-1]
        self.oldest_id = [*self.ciphers][-1]
        self.chain = _named(settings.AUDIT_KEYS or [_derive(key, "audit-chain").hex() for key in keys])
        self._purposes: dict[str, bytes] = {}

    def key_for(self, purpose: str, *, renewed: bool = False) -> bytes:
        """Return the digest key of one purpose, derived from the last key, or from the first where all is renewed."""
        if renewed:
            return _derive(self._first, f"index:{purpose}")
        if purpose not in self._purposes:
            self._purposes[purpose] = _derive(self._oldest, f"index:{purpose}")
        return self._purposes[purpose]


def _named(hex_keys: list[str]) -> dict[str, bytes]:
    """Return key id → key, newest first, of the keys that sign the audit trail."""
    try:
        keys = [bytes.fromhex(key.strip()) for key in hex_keys]
    except ValueError as error:
        raise ImproperlyConfigured("AUDIT_KEYS must be hex keys, separated by commas") from error
    if any(len(key) != 32 for key in keys):
        raise ImproperlyConfigured("AUDIT_KEYS must name keys of 32 bytes (64 hex digits)")
    return {hashlib.sha256(b"key-id" + key).hexdigest()[:KEY_ID_HEX]: key for key in keys}


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), "sha256")


@lru_cache(maxsize=1)
def _keyring() -> _Keyring:
    return _Keyring(settings.FIELD_KEYS)


def _forget_keys(*, setting: str, **kwargs: object) -> None:
    if setting in ("FIELD_KEYS", "AUDIT_KEYS"):
        _keyring.cache_clear()


setting_changed.connect(_forget_keys)


def encrypt(plain: str, place: str = "") -> str:
    """Return a token `v2:<key id>:<place>:<base64>` of AES-256-GCM; two tokens of one text differ.

    The place, such as `members.member.phone`, is sealed with the text: moved to another column, a token stays closed.
    """
    ring = _keyring()
    nonce = os.urandom(NONCE_BYTES)
    sealed = ring.newest.encrypt(nonce, plain.encode(), f"{ring.newest_id}:{place}".encode())
    return f"{VERSION}:{ring.newest_id}:{place}:{b64encode(nonce + sealed).decode()}"


def decrypt(token: str, place: str | None = None) -> str:
    """Return the text of a token, of whatever place where none is asked for. Raises `Undecryptable`."""
    version, key_id, of, body = _parts(token)
    try:
        blob = b64decode(body, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Undecryptable("not a token") from error
    if version == UNBOUND:
        return _open(key_id, blob).decode()
    if place is not None and of != place:
        raise Undecryptable("the value belongs to another column")
    return _open(key_id, blob, f"{key_id}:{of}".encode()).decode()


def _parts(token: str) -> tuple[str, str, str, str]:
    """Return the version, key id, place and body of a token. Raises `Undecryptable`."""
    match token.split(":"):
        case [version, key_id, body] if version == UNBOUND:
            return version, key_id, "", body
        case [version, key_id, place, body] if version == VERSION:
            return version, key_id, place, body
    raise Undecryptable("not a token")


def is_current(token: str) -> bool:
    """Say whether a token is sealed as new ones are: to its place, under the newest key. Raises `Undecryptable`."""
    version, key_id, *_ = _parts(token)
    return version == VERSION and key_id == _keyring().newest_id


def encrypt_bytes(data: bytes) -> bytes:
    """Return `data` sealed for a file: mark, key id, nonce, ciphertext."""
    ring = _keyring()
    nonce = os.urandom(NONCE_BYTES)
    key_id = ring.newest_id.encode()
    return MARK + key_id + nonce + ring.newest.encrypt(nonce, data, key_id)


def bytes_are_current(data: bytes) -> bool:
    """Say whether what `encrypt_bytes` sealed is sealed under the newest key; True too for what it did not seal."""
    return not data.startswith(MARK) or data[len(MARK) :].startswith(_keyring().newest_id.encode())


def decrypt_bytes(data: bytes) -> bytes:
    """Return what `encrypt_bytes` sealed. Raises `Undecryptable`."""
    if not data.startswith(MARK):
        raise Undecryptable("not an encrypted file")
    key_id, blob = data[len(MARK) : len(MARK) + KEY_ID_HEX], data[len(MARK) + KEY_ID_HEX :]
    return _open(key_id.decode(errors="replace"), blob)


def _open(key_id: str, blob: bytes, sealed_with: bytes | None = None) -> bytes:
    cipher = _keyring().ciphers.get(key_id)
    if cipher is None:
        raise Undecryptable("no key in FIELD_KEYS has this key id")
    try:
        return cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], sealed_with or key_id.encode())
    except (InvalidTag, ValueError) as error:
        raise Undecryptable("the value was altered") from error


def blind_index(value: str, purpose: str, *, renewed: bool = False) -> str:
    """Return 32 hex characters that are equal for equal values of one purpose, and say nothing without the key.

    The key is the last of FIELD_KEYS, or where all is `renewed` the first.
    """
    return hmac.digest(_keyring().key_for(purpose, renewed=renewed), value.encode(), "sha256").hex()[:32]


@dataclass(frozen=True)
class Index:
    """The column by which an encrypted one is found: the blind index of `key_of` its text, for one purpose."""

    column: str
    purpose: str
    key_of: Callable[[str], str] = str

    def of(self, value: str, *, renewed: bool = False) -> str:
        """Return the index of a text, empty for an empty one."""
        return blind_index(self.key_of(value), self.purpose, renewed=renewed) if value else ""


def digest(value: str) -> str:
    """Return 16 hex characters that stand for a sensitive value in the audit trail."""
    return blind_index(value, "audit")[:16]


def key_ids() -> dict[str, list[str]]:
    """Return what keys are used for → their ids: to encrypt (field), to find (index), to sign the trail (audit).

    Raises ImproperlyConfigured where FIELD_KEYS or AUDIT_KEYS are no keys.
    """
    ring = _keyring()
    return {"field": [*ring.ciphers], "index": [ring.oldest_id], "audit": [*ring.chain]}


def newest_key() -> str:
    """Return the id of the key that encrypts now."""
    return _keyring().newest_id


def chain_keys() -> str:
    """Return the keys that sign the audit trail as AUDIT_KEYS would name them: a secret, for the file of settings."""
    return ",".join(key.hex() for key in _keyring().chain.values())


def signing_key() -> str:
    """Return the id of the key that signs the audit trail now."""
    return next(iter(_keyring().chain))


def signature(text: str, key_id: str) -> str:
    """Return the HMAC-SHA256 of a text, in hex, under one of the keys of the audit trail.

    Raises `Undecryptable` where no key of AUDIT_KEYS has this id.
    """
    key = _keyring().chain.get(key_id)
    if key is None:
        raise Undecryptable("no key in AUDIT_KEYS has this key id")
    return hmac.digest(key, text.encode(), "sha256").hex()


@lru_cache(maxsize=256)
def _tell(field: str, error: str) -> None:
    """Tell the log of a field with a value that does not open, once for each process."""
    logger.error("%s holds a value that does not open: %s", field, error)


class Unreadable(str):
    """What stands where a token does not open, so that one such row breaks no page; written back, the token stays."""

    token: str

    def __new__(cls, token: str) -> "Unreadable":
        """Return the words to show, with the token kept beside them."""
        made = super().__new__(cls, "（无法解密）")
        made.token = token
        return made

    def __getnewargs__(self) -> tuple[str]:
        """Copies and pickles keep the token."""
        return (self.token,)


class EncryptedTextField(models.TextField):
    """Text that is a str in Python and a token in the database; an empty string stays empty.

    It cannot be searched: keep an `index` in a column beside it. Lookups other than isnull raise FieldError. A token
    that no key opens, or that belongs to another column, is an `Unreadable`, and is told in the log.
    """

    def __init__(self, *args: Any, index: Index | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.index = index

    @property
    def place(self) -> str | None:
        """The column that tokens are sealed to; None for the output of an expression, which takes those of any."""
        model = getattr(self, "model", None)
        return f"{model._meta.label_lower}.{self.name}" if model else None

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        """Open the stored token."""
        try:
            return decrypt(value, self.place) if value else value
        except Undecryptable as error:
            _tell(str(self), str(error))
            return Unreadable(value or "")

    def get_prep_value(self, value: Any) -> Any:
        """Seal the text on its way to the database; expressions such as F() pass."""
        if isinstance(value, Unreadable):
            return value.token
        prepared = super().get_prep_value(value)
        return encrypt(prepared, self.place or "") if isinstance(prepared, str) and prepared else prepared

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]] | None:
        """Refuse every lookup that would compare ciphertext."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted and cannot be looked up by {lookup_name}; use a blind index")
        return super().get_lookup(lookup_name)
