"""Access rules: addresses and domains, unverified addresses, and owners."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.errors import SettingsError
from emotion.library import LOCAL
from tests.signed_in import claims
from ui.access.rules import LOCAL_VISITOR, Refused, Rules, Visitor, owner_of, read_rules

ADA = claims("ada", name="Ada Lovelace")


def test_without_a_list_the_provider_decides():
    for rules in (Rules(), Rules(admins=frozenset({"x@example.org"})), Rules(allowed=frozenset({"*"}))):
        assert rules.is_open
        visitor = rules.admit(ADA)
        assert isinstance(visitor, Visitor)
        assert (visitor.name, visitor.address, visitor.is_admin) == ("Ada Lovelace", "ada@example.org", False)


@pytest.mark.parametrize(
    ("entry", "email", "enters"),
    [
        ("ada@example.org", "Ada@Example.ORG ", True),
        ("@example.org", "ada@example.org", True),
        ("@example.org", "ada@sub.example.org", False),
        ("@example.org", "ada@badexample.org", False),
        ("@example.org", "ada@example.org@evil.test", False),
        ("@example.org", "ada@example.org.evil.test", False),
        ("bob@example.org", "ada@example.org", False),
        ("ada@example.org", "xada@example.org", False),
        ("ada@example.org", "x.ada@example.org", False),
        ("ada@example.org", "ada@example.org.evil.test", False),
        ("ada@example.org", "ad@example.org", False),
        ("ada@example.org", "ada@example.or", False),
        ("@example.org", None, False),
        ("@example.org", "", False),
        ("@example.org", ["ada@example.org"], False),
    ],
)
def test_the_list_matches_addresses_and_whole_domains(entry: str, email: object, enters: bool):
    found = read_rules({"allowed": [entry]}).admit(ADA | {"email": email})
    assert isinstance(found, Visitor) is enters


@pytest.mark.parametrize("verified", [False, "false", None, "no"])
def test_unverified_addresses_are_ignored(verified: object):
    rules = read_rules({"admins": ["ada@example.org"], "allowed": ["@example.org"]})
    found = rules.admit(ADA | {"email_verified": verified})
    assert isinstance(found, Refused)
    assert "has not verified your e-mail address" in found.reason
    everybody = read_rules({"admins": ["ada@example.org"]}).admit(ADA | {"email_verified": verified})
    assert isinstance(everybody, Visitor)
    assert (everybody.is_admin, everybody.address) == (False, "")


@pytest.mark.parametrize("verified", [True, "true"])
def test_administrators_always_have_access(verified: object):
    found = read_rules({"allowed": ["@elsewhere.test"]}, more_admins="x@y.test, ADA@example.org").admit(
        ADA | {"email_verified": verified}
    )
    assert isinstance(found, Visitor)
    assert found.is_admin


@pytest.mark.parametrize("email", ["xada@example.org", "ada@example.orgx", "ad@example.org", "", None])
def test_administrators_are_matched_by_full_address(email: str | None):
    found = read_rules({"admins": ["ada@example.org"]}).admit(ADA | {"email": email})
    assert isinstance(found, Visitor)
    assert not found.is_admin


def test_secrets_and_environment_are_combined():
    rules = read_rules({"admins": ["a@x.test"], "allowed": ["b@x.test"]}, more_allowed="@y.test,,")
    assert rules == Rules(frozenset({"a@x.test"}), frozenset({"b@x.test", "@y.test"}))
    assert read_rules(None) == Rules()


@pytest.mark.parametrize(
    ("section", "more_admins"),
    [
        ({"allowed": "ada@example.org"}, ""),
        ({"allowed": [1]}, ""),
        ({"allowed": ["example.org"]}, ""),
        ({"allowed": ["*@example.org"]}, ""),
        ({"admins": ["@example.org"]}, ""),
        ({"admins": ["*"]}, ""),
        ({"admin": ["ada@example.org"]}, ""),
        (["ada@example.org"], ""),
        (None, "ada"),
    ],
)
def test_invalid_entries_are_refused_without_quoting_them(section: object, more_admins: str):
    with pytest.raises(SettingsError, match="expected ") as refused:
        read_rules(section, more_admins)
    assert "ada" not in str(refused.value)


@pytest.mark.parametrize("missing", ["iss", "sub"])
def test_an_identity_without_subject_is_refused(missing: str):
    for other in ({}, {missing: ""}, {missing: 7}):
        found = Rules().admit({key: value for key, value in ADA.items() if key != missing} | other)
        assert isinstance(found, Refused)


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_different_identities_have_different_owners(issuer: str, subject: str, other_issuer: str, other_subject: str):
    same = (issuer, subject) == (other_issuer, other_subject)
    assert (owner_of(issuer, subject) == owner_of(other_issuer, other_subject)) is same
    assert owner_of(issuer, subject) != LOCAL
    assert len(owner_of(issuer, subject)) <= 200


def test_the_owner_depends_on_the_subject_not_the_address():
    before, after = Rules().admit(ADA), Rules().admit(ADA | {"email": "married@example.org", "name": "Ada King"})
    stranger = Rules().admit(claims("eve") | {"email": "ada@example.org"})
    assert isinstance(before, Visitor)
    assert isinstance(after, Visitor)
    assert isinstance(stranger, Visitor)
    assert before.owner == after.owner != stranger.owner
    assert "ada" not in before.owner


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ({"name": " Ada \n Lovelace"}, "Ada Lovelace"),
        ({"name": "", "preferred_username": "ada"}, "ada"),
        ({"name": 7}, "ada@example.org"),
        ({"name": "x" * 500}, "x" * 80),
        ({"email": None}, "ada"),
    ],
)
def test_every_visitor_has_a_display_name(other: dict[str, object], name: str):
    found = Rules().admit(claims("ada") | other)
    assert isinstance(found, Visitor)
    assert found.name == name


def test_only_administrators_and_local_visitors_change_models():
    assert LOCAL_VISITOR.may_change_models
    assert not LOCAL_VISITOR.signed_in
    assert not Visitor("oidc:1").may_change_models
    assert Visitor("oidc:1", is_admin=True).may_change_models
