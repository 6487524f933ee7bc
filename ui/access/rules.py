"""Access rules for identities from an OpenID Connect provider; independent of Streamlit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emotion.errors import SettingsError
from emotion.library import LOCAL

EVERYBODY = "*"
_KEYS = {"admins", "allowed"}
_MAX_NAME = 80
LEEWAY_S = 60.0
"""How far the clocks of provider and server may differ."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor with access.

    Attributes:
        owner: The owner of their library.
        name: Their display name; empty if sign-in is off.
        address: Their verified e-mail address; empty if there is none.
        is_admin: Whether they are an administrator of this server.
    """

    owner: str
    name: str = ""
    address: str = ""
    is_admin: bool = False

    @property
    def signed_in(self) -> bool:
        """Whether this is an identified person, not the shared local visitor."""
        return self.owner != LOCAL

    @property
    def may_change_models(self) -> bool:
        """Whether they may add and remove models, which everyone can choose."""
        return self.is_admin or not self.signed_in


LOCAL_VISITOR = Visitor(LOCAL)
"""Everyone, if sign-in is off."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A person who signed in but has no access.

    Attributes:
        name: Their display name.
        reason: Why, in one sentence.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """Who has access, and who is an administrator.

    Attributes:
        admins: E-mail addresses of administrators.
        allowed: E-mail addresses, domains such as ``@example.org``, or :data:`EVERYBODY`; empty means everyone
            whom the provider lets sign in.
    """

    admins: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether everyone whom the provider lets sign in has access."""
        return not self.allowed or EVERYBODY in self.allowed

    def admit(self, claims: Mapping[str, Any]) -> Visitor | Refused:
        """Return the visitor, or why they are refused.

        Args:
            claims: Claims of the ID token (OpenID Connect Core 1.0, sections 2 and 5.1).
        """
        address, name = verified_address(claims), _name(claims)
        issuer, subject = claims.get("iss"), claims.get("sub")
        if not (isinstance(issuer, str) and isinstance(subject, str) and issuer and subject):
            return Refused(name, "The sign-in service did not send your identity.")
        if not self.admits_address(address):
            return Refused(name, _refusal_reason(claims))
        return Visitor(owner_of(issuer, subject), name, address, address in self.admins)

    def admits_address(self, address: str) -> bool:
        """Return whether somebody with this verified e-mail address, empty for none, has access."""
        return self.is_open or address in self.admins or self._lists(address)

    def _lists(self, address: str) -> bool:
        return bool(address) and (address in self.allowed or f"@{address.rpartition('@')[2]}" in self.allowed)


def read_rules(section: Any, more_admins: str = "", more_allowed: str = "") -> Rules:
    """Return the rules of the secrets' section ``[access]`` and the settings together.

    Args:
        section: ``admins`` and ``allowed``, each a list of texts; None for neither.
        more_admins: E-mail addresses, separated by commas (``EMOTION_ADMINS``).
        more_allowed: E-mail addresses or ``@domains``, separated by commas (``EMOTION_ALLOWED``).

    Raises:
        SettingsError: An entry is not an address, or a key is unknown.
    """
    section = {} if section is None else section
    if not isinstance(section, Mapping) or set(section) - _KEYS:
        raise SettingsError(f"expected [access] in the secrets with keys out of {', '.join(sorted(_KEYS))}")
    admins = _entries(section.get("admins", []), "admins") | _cleaned(more_admins.split(","))
    allowed = _entries(section.get("allowed", []), "allowed") | _cleaned(more_allowed.split(","))
    # Leave the entries out: they identify people, and the message is logged.
    if wrong := sum(not _is_address(entry) for entry in admins):
        raise SettingsError(f"expected e-mail addresses of administrators; {wrong} of {len(admins)} are none")
    if wrong := sum(entry != EVERYBODY and not _is_address(entry) and not _is_domain(entry) for entry in allowed):
        kinds = "e-mail addresses, domains like @example.org, or * as allowed"
        raise SettingsError(f"expected {kinds}; {wrong} of {len(allowed)} are none of these")
    return Rules(admins, allowed)


def owner_of(issuer: str, subject: str) -> str:
    """Return the owner id of an identity: a digest of issuer and subject.

    Only issuer and subject together identify a person permanently (OpenID Connect Core 1.0, section 5.7); e-mail
    addresses can be reassigned. The digest has a fixed length and does not reveal the person.
    """
    return f"oidc:{hashlib.sha256(json.dumps([issuer, subject]).encode()).hexdigest()}"


def verified_address(claims: Mapping[str, Any]) -> str:
    """Return the e-mail address in lower case; empty if it is missing or marked as unverified.

    Without ``email_verified`` the address is trusted, because the operator chose the provider.
    """
    address = claims.get("email")
    if not isinstance(address, str) or str(claims.get("email_verified", True)).casefold() != "true":
        return ""
    return address.strip().casefold()


def is_over(claims: Mapping[str, Any], now_s: float) -> bool:
    """Return whether the provider's token has expired, or has an expiry time that is not a number.

    Args:
        claims: Claims of the ID token. Without ``exp`` (which OpenID Connect Core 1.0 requires in section 2), only the
            cookie's age ends the sign-in.
        now_s: Unix time in seconds.
    """
    expires_s = claims.get("exp")
    if expires_s is None:
        return False
    is_time = isinstance(expires_s, (int, float)) and not isinstance(expires_s, bool)
    return not is_time or not now_s < expires_s + LEEWAY_S


def _refusal_reason(claims: Mapping[str, Any]) -> str:
    if claims.get("email") and not verified_address(claims):
        return "You have no access, because your sign-in service has not verified your e-mail address."
    return "You are not on this server's list of allowed people."


def _name(claims: Mapping[str, Any]) -> str:
    known = (claims.get(key) for key in ("name", "preferred_username", "email", "sub"))
    name = next((value for value in known if isinstance(value, str) and value.strip()), "somebody")
    return " ".join(name.split())[:_MAX_NAME]


def _entries(given: Any, key: str) -> frozenset[str]:
    if not isinstance(given, Iterable) or isinstance(given, str) or not all(isinstance(one, str) for one in given):
        raise SettingsError(f"expected {key} in [access] to be a list of texts; got {type(given).__name__}")
    return _cleaned(given)


def _cleaned(entries: Iterable[str]) -> frozenset[str]:
    return frozenset(entry.strip().casefold() for entry in entries) - {""}


def _is_address(entry: str) -> bool:
    name, at, domain = entry.rpartition("@")
    return bool(name and at and domain) and not any(sign.isspace() or sign == "*" for sign in entry)


def _is_domain(entry: str) -> bool:
    return entry.startswith("@") and len(entry) > 1 and "@" not in entry[1:] and not set(entry) & {"*", " "}
