"""Settings from the environment: who wins, and what is said when there is none."""

from __future__ import annotations

import pytest

from minichat.utils import from_env, get_from_dict_or_env, get_from_env, secret_from_env

NAMES = ("MINICHAT_TEST_A", "MINICHAT_TEST_B")
A, B = NAMES


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_a_variable_is_read_when_asked(clean):
    read = from_env([A, B])
    clean.setenv(B, "b")
    assert read() == "b"
    clean.setenv(A, "")
    assert read() == ""
    assert get_from_env("b", B) == "b"


@pytest.mark.parametrize("default", ["d", ""])
def test_a_default_stands_for_a_missing_variable(default):
    assert get_from_env("a", A, default) == from_env(A, default=default)() == default


def test_the_programs_value_wins_over_the_variable(clean):
    clean.setenv(A, "from outside")
    assert get_from_dict_or_env({"x": "", "y": "mine"}, ["x", "y"], A) == "mine"
    assert get_from_dict_or_env({"x": ""}, "x", A) == "from outside"


@pytest.mark.parametrize(
    "read",
    [
        lambda: get_from_env("a", A),
        lambda: get_from_dict_or_env({}, "a", A),
        from_env(A),
        from_env(NAMES),
        secret_from_env(A),
    ],
)
def test_nothing_at_all_names_the_variable(read):
    with pytest.raises(ValueError, match=f"environment variable `.*{A}"):
        read()


def test_the_caller_may_word_the_error():
    with pytest.raises(ValueError, match="^set it$"):
        from_env(A, error_message="set it")()


def test_a_secret_is_not_printed(clean):
    clean.setenv(A, "hidden")
    secret = secret_from_env(A)()
    assert "hidden" not in repr(secret)
    assert secret.get_secret_value() == "hidden"
    assert secret_from_env(B, default=None)() is None
