"""A secret travels by TLS, or stays on this machine."""

import pytest

from core.hosts import is_this_machine, may_be_told_secrets


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("https://api.upstox.com", True),
        ("https://auth.truedata.in:8443/token", True),
        ("http://127.0.0.1:9000", True),
        ("http://127.8.0.3", False),
        ("http://localhost:9000/a", True),
        ("http://[::1]:9000", True),
        ("http://api.upstox.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("http://0.0.0.0", False),
        ("http://10.0.0.7", False),
        ("ftp://127.0.0.1", False),
        ("https://", False),
        ("http://[::1", False),
        ("api.upstox.com", False),
        ("", False),
    ],
)
def test_where_a_secret_may_be_sent(address: str, may: bool) -> None:
    assert may_be_told_secrets(address) is may


def test_a_name_is_not_an_address_because_it_looks_like_one() -> None:
    assert is_this_machine("::1")
    assert not is_this_machine("127.0.0.2")
    assert not is_this_machine("127.0.0.1.nip.io")
    assert not is_this_machine("")
