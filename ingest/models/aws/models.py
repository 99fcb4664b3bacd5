"""Service models as the sources of the AWS CLI see them: botocore's shapes, operations, waiters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from ingest.models.aws.errors import EXCEPTIONS, library_exception
from ingest.models.aws.files import ReleaseFiles
from ingest.models.aws.values import Host, Instance, Native, Raised, Value

Table = Mapping[str, object]

_DATA_NOT_FOUND = library_exception("DataNotFoundError")


def _table(value: object) -> Table:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


class Shape(Host):
    """A type, or a member with its type: what the model says of it, merged."""

    exposed = frozenset(
        [
            "name",
            "type_name",
            "documentation",
            "members",
            "member",
            "key",
            "value",
            "enum",
            "required_members",
            "metadata",
            "serialization",
            "is_document_type",
            "is_tagged_union",
            "event_stream_name",
        ]
    )

    def __init__(self, name: str, data: Table, shapes: Table) -> None:
        self.name = name
        self.data = data
        self.type_name = _text(data.get("type"))
        self.documentation = _text(data.get("documentation"))
        self.required_members = _texts(data.get("required"))
        self.enum = _texts(data.get("enum"))
        self.metadata: Table = data
        self.is_document_type = data.get("document") is True
        self.is_tagged_union = data.get("union") is True
        self._shapes = shapes

    @cached_property
    def serialization(self) -> dict[str, Value]:
        """What says how it is sent: ``payload`` names the member that is the body."""
        return {key: self.data[key] for key in ("payload", "streaming") if key in self.data}

    @cached_property
    def members(self) -> dict[str, Value]:
        """Its members by name, of a structure."""
        return {
            name: self.refer(_table(ref), name)
            for name, ref in _table(self.data.get("members")).items()
        }

    def shape(self, member: str) -> Shape | None:
        """Give a member by name."""
        found = self.members.get(member)
        return found if isinstance(found, Shape) else None

    @property
    def event_stream_name(self) -> str | None:
        """Name of the member that is a stream of events."""
        for name, one in self.members.items():
            if isinstance(one, Shape) and one.data.get("eventstream"):
                return name
        return None

    @property
    def member(self) -> Shape:
        """What it is a list of."""
        return self.refer(_table(self.data.get("member")))

    @property
    def key(self) -> Shape:
        """What a map's keys are."""
        return self.refer(_table(self.data.get("key")))

    @property
    def value(self) -> Shape:
        """What a map's values are."""
        return self.refer(_table(self.data.get("value")))

    def refer(self, ref: Table, name: str = "") -> Shape:
        """Follow a reference; what it says itself comes before what the type says."""
        target = _text(ref.get("shape"))
        if not target:  # given in place, as a schema does
            return Shape(name, ref, self._shapes)
        return Shape(target, {**_table(self._shapes.get(target)), **ref}, self._shapes)


class Operation(Host):
    """One operation of a service."""

    exposed = frozenset(
        [
            "name",
            "wire_name",
            "documentation",
            "deprecated",
            "input_shape",
            "output_shape",
            "service_model",
            "metadata",
            "has_streaming_output",
            "has_streaming_input",
            "has_event_stream_output",
            "http",
        ]
    )

    def __init__(self, name: str, data: Table, service: Service) -> None:
        self.name = name
        self.data = data
        self.wire_name = _text(data.get("name")) or name
        self.documentation = _text(data.get("documentation"))
        self.deprecated = data.get("deprecated") is True
        self.service_model = service
        self.metadata = service.metadata
        self.http = data.get("http")

    @cached_property
    def input_shape(self) -> Shape | None:
        """Its parameters, a structure."""
        return self.service_model.refer(self.data.get("input"))

    @cached_property
    def output_shape(self) -> Shape | None:
        """What it answers, a structure."""
        return self.service_model.refer(self.data.get("output"))

    @property
    def has_streaming_output(self) -> bool:
        """Whether it answers with a file."""
        return _streams(self.output_shape)

    @property
    def has_streaming_input(self) -> bool:
        """Whether it takes a file."""
        return _streams(self.input_shape)

    @property
    def has_event_stream_output(self) -> bool:
        """Whether it answers with a stream of events."""
        return bool(self.output_shape and self.output_shape.event_stream_name)


class Service(Host):
    """One service's model."""

    exposed = frozenset(
        [
            "service_name",
            "api_version",
            "operation_names",
            "operation_model",
            "metadata",
            "documentation",
            "shape_for",
            "shape_names",
        ]
    )

    def __init__(self, name: str, api_version: str, data: Table) -> None:
        self.service_name = name
        self.api_version = api_version
        self.metadata = dict(_table(data.get("metadata")))
        self.documentation = _text(data.get("documentation"))
        self._operations = _table(data.get("operations"))
        self._root = Shape("", {}, _table(data.get("shapes")))
        self._made: dict[str, Operation] = {}
        self.operation_names: list[Value] = [*sorted(self._operations)]
        self.operation_model = Native(
            "operation_model", lambda args, _: self.operation(str(args[0]))
        )

        self.shape_names: list[Value] = [*sorted(_table(data.get("shapes")))]
        self.shape_for = Native("shape_for", lambda args, _: self._root.refer({"shape": args[0]}))

    def operation(self, name: str) -> Operation:
        """Give an operation by its name in the model."""
        if name not in self._operations:
            raise Raised(Instance(library_exception("OperationNotFoundError"), {"args": (name,)}))
        made = self._made.get(name)
        if made is None:
            made = Operation(name, _table(self._operations[name]), self)
            self._made[name] = made
        return made

    def refer(self, ref: object) -> Shape | None:
        """Follow a reference to a type."""
        return self._root.refer(_table(ref)) if isinstance(ref, dict) else None


class Lookup(Host):
    """Paginators or waiters of a service: some names, and what is said of each."""

    exposed = frozenset(["get_paginator", "get_waiter", "waiter_names"])

    def __init__(self, entries: Table) -> None:
        self.entries = entries
        self.waiter_names: list[Value] = [*sorted(entries)]
        self.get_paginator = Native("get_paginator", self._get)
        self.get_waiter = Native("get_waiter", lambda args, _: Waiter(_table(self._get(args, _))))

    def _get(self, args: list[Value], _: dict[str, Value]) -> Value:
        found = self.entries.get(str(args[0]))
        if not isinstance(found, dict):
            raise Raised(Instance(EXCEPTIONS["ValueError"], {"args": tuple(args)}))
        return found


class Waiter(Host):
    """What is said of one waiter."""

    exposed = frozenset(["operation", "description", "acceptors", "delay", "max_attempts"])

    def __init__(self, data: Table) -> None:
        self.operation = _text(data.get("operation"))
        self.description = _text(data.get("description"))
        acceptors = data.get("acceptors")
        self.acceptors: list[Value] = [
            Acceptor(_table(one)) for one in (acceptors if isinstance(acceptors, list) else ())
        ]
        self.delay = data.get("delay")
        self.max_attempts = data.get("maxAttempts")


class Acceptor(Host):
    """What ends a waiter: the program makes its description out of the one that succeeds."""

    exposed = frozenset(["state", "matcher", "expected", "argument"])

    def __init__(self, data: Table) -> None:
        self.state = data.get("state")
        self.matcher = data.get("matcher")
        self.expected = data.get("expected")
        self.argument = data.get("argument")


class Models:
    """The models of a release. Only the last service used is kept: they are large."""

    def __init__(self, files: ReleaseFiles) -> None:
        self.files = files
        self._last: Service | None = None
        self._lookups: dict[tuple[str, str], Lookup | None] = {}

    def service(self, name: str) -> Service:
        """Give a service's model. Raises Raised where there is none, ParseError."""
        if self._last is not None and self._last.service_name == name:
            return self._last
        data = self.files.model(name, "service-2")
        if data is None:
            raise Raised(Instance(_DATA_NOT_FOUND, {"args": (name,)}))
        self._last = Service(name, self.files.api_version(name), data)
        self._lookups.clear()
        return self._last

    def lookup(self, service: str, kind: str, entries: str) -> Lookup:
        """Give a service's paginators or waiters. Raises Raised where there are none."""
        key = service, kind
        if key not in self._lookups:
            data = self.files.model(service, kind)
            self._lookups[key] = None if data is None else Lookup(_table(data.get(entries)))
        found = self._lookups[key]
        if found is None:
            raise Raised(Instance(_DATA_NOT_FOUND, {"args": (service,)}))
        return found

    def paginator(self, operation: Operation) -> Table | None:
        """What is said of an operation's pages, None where it has none."""
        try:
            pages = self.lookup(operation.service_model.service_name, "paginators-1", "pagination")
        except Raised:
            return None
        found = pages.entries.get(operation.name)
        return found if isinstance(found, dict) else None


def schema_shape(schema: object) -> Shape:
    """Read a JSON schema, as customisations state the type of an argument."""
    return Shape("InputShape", _from_schema(_table(schema)), {})


_SCHEMA_TYPES = {"object": "structure", "array": "list"}


def _from_schema(schema: Table, depth: int = 0) -> dict[str, object]:
    kind = _text(schema.get("type")) or "string"
    made: dict[str, object] = {**schema, "type": _SCHEMA_TYPES.get(kind, kind)}
    if depth > 20:
        return made
    if kind == "array":
        made["member"] = _from_schema(_table(schema.get("items")), depth + 1)
    if kind == "object":
        made["members"] = {
            name: _from_schema(_table(one), depth + 1)
            for name, one in _table(schema.get("properties")).items()
        }
    return made


def _streams(shape: Shape | None) -> bool:
    if shape is None or "payload" not in shape.serialization:
        return False
    body = shape.shape(str(shape.serialization["payload"]))
    return body is not None and body.type_name == "blob"
