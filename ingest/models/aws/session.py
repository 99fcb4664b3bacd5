"""What the sources of the AWS CLI know as botocore's session: models and events."""

from __future__ import annotations

from ingest.models.aws.events import Events
from ingest.models.aws.models import Lookup, Models
from ingest.models.aws.values import Host, Native, Unknown, Value


class Session(Host):
    """What the sources know as botocore's session."""

    exposed = frozenset(
        [
            *("emit", "emit_first_non_none_response", "full_config", "get_available_services"),
            *("get_component", "get_config_variable", "get_paginator_model", "get_scoped_config"),
            *("get_service_model", "get_waiter_model", "profile", "register", "register_first"),
            *("register_last", "unregister", "get_data"),
        ]
    )

    def __init__(self, events: Events, models: Models) -> None:
        self.profile = None
        self.full_config: dict[Value, Value] = {}
        self.emit = events.emit
        self.emit_first_non_none_response = events.emit_first_non_none_response
        self.register = events.register
        self.register_first = events.register_first
        self.register_last = events.register_last
        self.unregister = events.unregister
        self.get_config_variable = Native("get_config_variable", _configured)
        self.get_data = Native("get_data", lambda *_: models.files.global_options())
        self.get_scoped_config = Native("get_scoped_config", lambda *_: {})
        self.get_available_services = Native(
            "get_available_services", lambda *_: list(models.files.services())
        )
        self.get_component = Native(
            "get_component",
            lambda args, _: events if args == ["event_emitter"] else Unknown("a component"),
        )
        self.get_service_model = Native(
            "get_service_model", lambda args, _: models.service(str(args[0]))
        )

        def lookup(kind: str, entries: str) -> Native:
            def call(args: list[Value], _: dict[str, Value]) -> Lookup:
                return models.lookup(str(args[0]), kind, entries)

            return Native(kind, call)

        self.get_paginator_model = lookup("paginators-1", "pagination")
        self.get_waiter_model = lookup("waiters-2", "waiters")


def _configured(args: list[Value], _: dict[str, Value]) -> Value:
    """Nothing is configured."""
    return {} if args == ["api_versions"] else None
