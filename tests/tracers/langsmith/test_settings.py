"""What the environment says of LangSmith, row by row as the SDK reads it."""

from __future__ import annotations

import pytest

from minichat.errors import ConfigurationError
from minichat.tracers.langsmith.settings import (
    Settings,
    environment_metadata,
    read_settings,
    settings_if_on,
    tracing_is_on,
    variable,
)


def given(monkeypatch, **values):
    for name, value in values.items():
        monkeypatch.setenv(name, value)


SWITCHES = [
    ({}, False),
    ({"LANGSMITH_TRACING": "true"}, True),
    ({"LANGCHAIN_TRACING_V2": "true"}, True),
    ({"LANGSMITH_TRACING_V2": "true"}, True),
    ({"LANGCHAIN_TRACING": "true"}, True),
    ({"LANGSMITH_TRACING": "1"}, False),
    ({"LANGSMITH_TRACING": "TRUE"}, False),
    ({"LANGSMITH_TRACING": " true"}, False),
    ({"LANGSMITH_TRACING": ""}, False),
    ({"LANGSMITH_TRACING_V2": "false", "LANGCHAIN_TRACING_V2": "true"}, False),
    ({"LANGSMITH_TRACING_V2": " ", "LANGCHAIN_TRACING_V2": "true"}, True),
    ({"LANGCHAIN_TRACING_V2": "false", "LANGSMITH_TRACING": "true"}, False),
    ({"LANGCHAIN_TRACING_V2": "true", "LANGSMITH_TRACING": "false"}, True),
]


@pytest.mark.parametrize("values, on", SWITCHES)
def test_tracing_is_on_exactly_as_in_the_sdk(monkeypatch, values, on):
    given(monkeypatch, **values)
    assert tracing_is_on() is on
    assert (settings_if_on() is not None) is on


PROJECTS = [
    ({}, "default"),
    ({"LANGSMITH_PROJECT": "a"}, "a"),
    ({"LANGCHAIN_PROJECT": "a"}, "a"),
    ({"LANGSMITH_PROJECT": "a", "LANGCHAIN_PROJECT": "b"}, "a"),
    ({"LANGCHAIN_SESSION": "a"}, "a"),
    ({"LANGSMITH_SESSION": "a", "LANGCHAIN_PROJECT": "b"}, "b"),
    ({"LANGSMITH_PROJECT": "  ", "LANGCHAIN_SESSION": "c"}, "c"),
    ({"HOSTED_LANGSERVE_PROJECT_NAME": "h", "LANGSMITH_PROJECT": "a"}, "h"),
]


@pytest.mark.parametrize("values, project", PROJECTS)
def test_the_project_is_named_by_the_first_variable_that_says_something(monkeypatch, values, project):
    given(monkeypatch, **values)
    assert read_settings().project == project


def test_all_that_is_read(monkeypatch):
    given(
        monkeypatch,
        LANGSMITH_ENDPOINT=' "http://127.0.0.1:1984/api/" ',
        LANGCHAIN_ENDPOINT="http://other",
        LANGCHAIN_API_KEY=" 'lsv2_fake_1' ",
        LANGSMITH_WORKSPACE_ID="w1",
        LANGSMITH_TRACING_SAMPLING_RATE="0.25",
        LANGSMITH_HIDE_INPUTS="true",
        LANGCHAIN_HIDE_OUTPUTS="true",
        LANGSMITH_HIDE_METADATA="True",
    )
    wanted = Settings(
        "http://127.0.0.1:1984/api/",
        "lsv2_fake_1",
        "default",
        "w1",
        sampling_rate=0.25,
        hide_inputs=True,
        hide_outputs=True,
        hide_metadata=False,
    )
    # The SDK strips blanks, then quotes, then slashes: of a slash inside quotes too.
    wanted.endpoint = "http://127.0.0.1:1984/api"
    assert read_settings() == wanted


def test_nothing_set_gives_the_hosted_service_without_a_key():
    settings = read_settings()
    assert settings == Settings("https://api.smith.langchain.com", None, "default")
    assert (settings.sampling_rate, settings.hide_inputs, settings.workspace) == (None, False, None)


def test_the_same_environment_gives_the_same_object_and_another_another(monkeypatch):
    first = read_settings()
    assert read_settings() is first
    monkeypatch.setenv("LANGSMITH_PROJECT", "new")
    assert read_settings().project == "new"
    monkeypatch.delenv("LANGSMITH_PROJECT")
    assert read_settings() == first and hash(read_settings()) == hash(first)
    assert first != Settings(project="x") and first != "default"


@pytest.mark.parametrize("text", ["-0.1", "1.01", "half", "nan"])
def test_a_sampling_rate_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("LANGSMITH_TRACING_SAMPLING_RATE", text)
    with pytest.raises(ConfigurationError, match="from 0 to 1"):
        read_settings()
    assert tracing_is_on() is False


def test_an_environment_of_another_kind_is_read_too(monkeypatch):
    import os

    monkeypatch.setattr(os, "environ", {"LANGSMITH_TRACING": "true", "LANGCHAIN_PROJECT": "p"})
    assert tracing_is_on() and read_settings().project == "p"


def test_a_variable_is_looked_for_in_both_spaces(monkeypatch):
    assert variable("THING") is None and variable("THING", "d") == "d"
    monkeypatch.setenv("LANGCHAIN_THING", "b")
    assert variable("THING") == "b"
    monkeypatch.setenv("LANGSMITH_THING", "a")
    assert variable("THING") == "a"


def test_a_key_is_not_printed():
    assert "secret" not in repr(Settings("http://x", "lsv2_secret_secret_99"))
    assert "short" not in repr(Settings("http://x", "short"))


TOLD = [
    ("LANGSMITH_TRACING", "true", True),
    ("LANGSMITH_PROJECT", "p", True),
    ("LANGCHAIN_PROJECT", "p", False),
    ("LANGCHAIN_TRACING_V2", "true", False),
    ("LANGCHAIN_ENDPOINT", "http://x", False),
    ("LANGSMITH_API_KEY", "lsv2_x", False),
    ("LANGSMITH_My_Token", "x", False),
    ("LANGCHAIN_PASSWD", "x", False),
    ("LANGSMITH_USER_EMAIL", "x", False),
    ("LANGSMITH_DB_CREDENTIALS", "x", False),
    ("LANGSMITH_RUNS_ENDPOINTS", "{}", False),
    ("LANGCHAIN_RUNS_ENDPOINTS", "{}", False),
    ("LANGCHAIN_CUSTOM_HEADERS", "Authorization: Bearer x", False),
    ("LANGSMITH_AUTHORIZATION", "Bearer x", False),
    ("LANGCHAIN_HOBBY", "chess", True),
    ("LANGCHAIN_HOBBY", "chess@home", True),
    ("LANGCHAIN_PWD", "x", False),
    ("LANGCHAIN_SIGNED_jwk_set", "x", False),
    ("LANGSMITH_AGENT_ID", "x", False),
    ("LANGSMITH_AGENT_ENVIRONMENT", "x", False),
    ("LANGCHAIN_SESSION", "x", False),
    ("HOME", "/", False),
    ("OPENAI_API_KEY", "sk-1", False),
]


@pytest.mark.parametrize("name, value, told", TOLD)
def test_metadata_tells_our_variables_but_no_secret(name, value, told):
    assert environment_metadata({name: value}) == ({name: value} if told else {})


@pytest.mark.parametrize("name", ["LANGSMITH_API_KEY", "LANGCHAIN_API_KEY", "OPENAI_API_KEY"])
def test_a_key_under_another_name_is_not_told_either(name):
    copied = {"LANGSMITH_HOBBY": "lsv2_fake_1", "LANGSMITH_NOTE": "mine is lsv2_fake_1", "LANGSMITH_TRACING": "true"}
    assert environment_metadata({name: "lsv2_fake_1", **copied}) == {"LANGSMITH_TRACING": "true"}
    assert environment_metadata({name: "true", "LANGSMITH_TRACING": "true"}) == {"LANGSMITH_TRACING": "true"}


def test_a_password_in_an_address_is_left_out():
    shown = environment_metadata({"LANGSMITH_ENDPOINT": "http://me:pw@host:1/a@b"})
    assert shown == {"LANGSMITH_ENDPOINT": "http://host:1/a@b"}


@pytest.mark.parametrize("name", ["INPUTS", "OUTPUTS", "METADATA"])
def test_each_part_of_a_run_is_hidden_by_a_variable_of_its_own(monkeypatch, name):
    hidden = lambda: [getattr(read_settings(), f"hide_{one}") for one in ("inputs", "outputs", "metadata")]
    assert hidden() == [False, False, False]
    for value, on in (("true", True), ("True", False), ("1", False), ("", False)):
        monkeypatch.setenv(f"LANGSMITH_HIDE_{name}", value)
        assert hidden() == [on and one == name for one in ("INPUTS", "OUTPUTS", "METADATA")]


def test_settings_made_by_hand_hide_nothing_and_send_all():
    made = Settings("http://x")
    assert (made.hide_inputs, made.hide_outputs, made.hide_metadata, made.sampling_rate) == (False, False, False, None)
    assert (made.api_key, made.workspace, made.project) == (None, None, "default")


@pytest.mark.parametrize("rate", ["0", "1", "0.5"])
def test_a_sampling_rate_may_be_either_end(monkeypatch, rate):
    monkeypatch.setenv("LANGSMITH_TRACING_SAMPLING_RATE", rate)
    assert read_settings().sampling_rate == float(rate)


def test_the_revision_may_be_named_in_either_space():
    for space in ("LANGSMITH_", "LANGCHAIN_"):
        assert environment_metadata({f"{space}REVISION_ID": "r"}) == {"revision_id": "r"}


def test_the_revision_has_a_name_of_its_own():
    assert environment_metadata({"LANGSMITH_REVISION_ID": "r2", "LANGCHAIN_REVISION_ID": "r1"}) == {"revision_id": "r2"}
