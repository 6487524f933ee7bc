from __future__ import annotations

import pytest

from emotion.errors import LiveError
from ui.live.ice import ice_servers

TURN = {"turn_urls": ["turn:turn.example.org:3478?transport=udp"]}


def test_no_servers_without_secrets():
    assert ice_servers({}, 0.0) == []


def test_stun_and_fixed_turn_credentials():
    servers = ice_servers(
        {"stun_urls": "stun:stun.example.org:3478", **TURN, "turn_username": "ada", "turn_password": "engine"}, 0.0
    )
    assert servers == [
        {"urls": ["stun:stun.example.org:3478"]},
        {"urls": TURN["turn_urls"], "username": "ada", "credential": "engine"},
    ]


def test_derived_credentials_match_coturn():
    # printf 1700006400 | openssl dgst -sha1 -hmac north -binary | base64
    (server,) = ice_servers({**TURN, "turn_secret": "north", "turn_valid_s": 7200}, 1_700_000_000.0)
    assert (server["username"], server["credential"]) == ("1700006400", "z5gyB4t+Hmo7XTWFm4psP7JMYHk=")


def test_derived_credentials_stay_valid_for_half_their_lifetime():
    secrets = {**TURN, "turn_secret": "north", "turn_valid_s": 600}
    users = [int(ice_servers(secrets, 1_700_000_000.0 + step)[0]["username"]) for step in range(0, 900, 10)]
    assert all(300 <= user - (1_700_000_000 + 10 * step) <= 600 for step, user in enumerate(users))
    assert len(set(users)) <= 4


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ({"turn_url": "turn:x"}, "expected keys out of"),
        ({"stun_urls": ["http://x"]}, "to begin with stun: or stuns:"),
        ({"stun_urls": [3]}, "got 3"),
        (TURN, "turn_secret, or turn_username and turn_password"),
        ({**TURN, "turn_secret": "north", "turn_valid_s": 5}, "at least 60 seconds"),
    ],
)
def test_invalid_settings_are_refused(secrets, words):
    with pytest.raises(LiveError, match=words):
        ice_servers(secrets, 0.0)
