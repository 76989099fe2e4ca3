"""The events of `astream_events`, under LangChain's name for the module; they are written in `tracers.event_stream`."""

from __future__ import annotations

from ..tracers.event_stream import CustomStreamEvent, EventData, StandardStreamEvent, StreamEvent

__all__ = ["CustomStreamEvent", "EventData", "StandardStreamEvent", "StreamEvent"]
