"""Keyword constructors from annotations, and secrets that do not print themselves."""

import pickle

import pytest

from minichat.errors import ConfigurationError
from minichat.settings import SecretStr, Settings


def test_a_secret_is_not_printed_nor_pickled_but_compared():
    secret = SecretStr("sk-1")
    assert "sk-1" not in f"{secret} {secret!r} {[secret]}"
    assert (str(secret), len(secret), secret.get_secret_value()) == ("**********", 4, "sk-1")
    assert str(SecretStr("")) == "" and repr(SecretStr("")) == "SecretStr('')"
    assert secret == SecretStr("sk-1") != SecretStr("sk-2") and secret != "sk-1"
    assert len({secret, SecretStr("sk-1")}) == 1
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


class Base(Settings):
    first: int
    second: str = "s"
    _aliases = {"other": "second"}


class Derived(Base):
    second = "new default"
    third: list = []
    _aliases = {"one": "first"}


def test_fields_and_aliases_come_from_all_bases():
    made = Derived(one=1, other="x")
    assert (made.first, made.second, made.third) == (1, "x", [])
    assert Derived(first=1).second == "new default" and Base(first=1).second == "s"


def test_a_field_may_be_named_once_only():
    with pytest.raises(ConfigurationError, match="a second time"):
        Derived(first=1, one=2)


def test_an_unknown_keyword_names_its_neighbours():
    with pytest.raises(ConfigurationError, match=r"no setting 'secnd'; did you mean second=\?"):
        Base(first=1, secnd=2)
    with pytest.raises(ConfigurationError, match="it has first, second"):
        Base(first=1, zzz=2)


def test_a_value_that_cannot_be_compared_is_printed():
    class Odd:
        def __eq__(self, other):
            raise RuntimeError

        def __repr__(self):
            return "Odd()"

    class Holder(Settings):
        value: object = Odd()

    assert repr(Holder(value=Odd())) == "Holder(value=Odd())"


def test_class_variables_and_private_names_are_no_fields():
    from typing import ClassVar

    class Model(Settings):
        shared: ClassVar[int] = 1
        _hidden: int = 2
        seen: int = 3

    assert repr(Model(seen=4)) == "Model(seen=4)"
    for name in ("shared", "_hidden"):
        with pytest.raises(ConfigurationError):
            Model(**{name: 5})
