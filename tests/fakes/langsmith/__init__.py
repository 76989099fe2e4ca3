"""Tests of the LangSmith server."""
