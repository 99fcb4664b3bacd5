"""The AWS CLI's own tables of commands and arguments, worked out from its files.

The models give services, operations and parameters; the release's Python sources say what becomes
of them. Both are followed as ``aws`` itself does, event by event, without running it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from corpora.errors import ParseError, Reason
from ingest.models.aws.events import Events, handler_name
from ingest.models.aws.files import ReleaseFiles
from ingest.models.aws.libraries import libraries
from ingest.models.aws.models import Models, Operation, Shape, schema_shape
from ingest.models.aws.names import option_name
from ingest.models.aws.python import Reader
from ingest.models.aws.session import Session
from ingest.models.aws.values import (
    Class,
    Instance,
    Native,
    Raised,
    Unknown,
    Unsupported,
    Value,
)

PLAIN = frozenset(
    [
        "awscli.clidriver.ServiceOperation",
        "awscli.customizations.waiters.WaiterStateCommand",
    ]
)
"""Commands that are one operation of a model, and nothing else."""


@dataclass(frozen=True, slots=True)
class Node:
    """One command of the tables. ``operation`` where it is an operation of a model."""

    path: tuple[str, ...]
    command: Instance
    operation: Operation | None


class Driver:
    """The tables of one release.

    Raises ParseError where the sources don't declare commands in a way that is known.
    """

    def __init__(self, files: ReleaseFiles) -> None:
        self.files = files
        self.models = Models(files)
        known = libraries(files)
        known["importlib"] = {
            "import_module": Native(
                "import_module", lambda args, _: self.reader.module(str(args[0]))
            )
        }.get
        self.reader = Reader(
            files.source,
            known,
            {
                "awscli.clidriver.ServiceCommand._create_command_table": Native(
                    "_create_command_table", lambda args, _: self._operations(args[0])
                ),
                "awscli.clidriver.ServiceOperation._create_argument_table": Native(
                    "_create_argument_table", lambda args, _: self._arguments(args[0])
                ),
                "awscli.arguments.create_argument_model_from_schema": Native(
                    "create_argument_model_from_schema", lambda args, _: schema_shape(args[0])
                ),
            },
        )
        self.events = Events(self.reader.call, self.reader.member, files.aliases)
        self.session = Session(self.events, self.models)
        self._register()
        self._service_command = self._class("awscli.clidriver", "ServiceCommand")
        self._operation_command = self._class("awscli.clidriver", "ServiceOperation")
        self._argument_classes = {
            kind: self._class("awscli.arguments", name)
            for kind, name in (
                ("list", "ListArgument"),
                ("boolean", "BooleanArgument"),
                ("", "CLIArgument"),
            )
        }

    # --- commands ---------------------------------------------------------------------------------

    def commands(self) -> Iterator[Node]:
        """Give every command, each service's together; its tables are dropped once it is given."""
        table: dict[Value, Value] = {name: self._service(name) for name in self.files.services()}
        self._emit_main(table)
        for name in list(table):
            yield from self._walk(("aws", str(name)), table.pop(name))

    def global_arguments(self) -> dict[Value, Value]:
        """Give the table of options that every command takes."""
        table: dict[Value, Value] = {}
        custom = self._class("awscli.arguments", "CustomArgument")
        options = self.files.global_options().get("options")
        for name, given in options.items() if isinstance(options, dict) else ():
            stated = given if isinstance(given, dict) else {}
            named = {
                to: stated[key]
                for key, to in (
                    *(("help", "help_text"), ("dest", "dest"), ("default", "default")),
                    *(("action", "action"), ("required", "required"), ("choices", "choices")),
                    ("type", "cli_type_name"),
                )
                if key in stated
            }
            table[name] = self.reader.call(custom, [name], named)
        self.events.announce(
            "building-top-level-params",
            {"session": self.session, "argument_table": table, "driver": Unknown("driver")},
        )
        return table

    def table(self, command: Value, name: str) -> dict[Value, Value]:
        """Give ``arg_table`` or ``subcommand_table`` of a command; empty where it has none.

        Raises Raised, Unsupported and RecursionError where its source can't be followed.
        """
        if not isinstance(command, Instance):
            return {}
        if command.cls.find(name) is not None:
            found = self.reader.attribute(command, name)
        elif name == "subcommand_table" and command.cls.find("_get_command_table") is not None:
            # Version 1 lets nobody see the commands of a service but its own parser.
            found = self.reader.call(self.reader.attribute(command, "_get_command_table"), [])
        else:
            return {}
        if isinstance(found, Unknown):
            raise Unsupported(f"its {name} comes out of {found.name}")
        return found if isinstance(found, dict) else {}

    def heard(self, event: str) -> frozenset[str]:
        """Name the functions that hear ``event``."""
        return frozenset(map(handler_name, self.events.handlers(event)))

    def _walk(self, path: tuple[str, ...], command: Value) -> Iterator[Node]:
        if not isinstance(command, Instance):
            return
        operation = command.attributes.get("_operation_model")
        plain = command.cls.qualname in PLAIN and isinstance(operation, Operation)
        node = Node(
            path, command, operation if plain and isinstance(operation, Operation) else None
        )
        if plain and self.heard(f"building-command-table.{'_'.join(path[1:])}") <= {
            "awscli.customizations.waiters.add_waiters"
        }:
            yield node
            return
        # As aws does when it is called, before the arguments: of "s3 sync", this adds to them.
        below: dict[Value, Value] = {}
        try:
            below = self.table(command, "subcommand_table")
        except (Raised, Unsupported, RecursionError) as error:
            self.events.note(" ".join(path), "subcommand_table", error)
        yield node
        for name in list(below):
            if name != "help" and len(path) < 12:
                yield from self._walk((*path, str(name)), below[name])

    def _service(self, name: str) -> Instance:
        made = self.reader.call(
            self._service_command,
            [],
            {"cli_name": name, "session": self.session, "service_name": name},
        )
        if not isinstance(made, Instance):
            raise self._strange("awscli.clidriver.ServiceCommand is no class")
        return made

    def _operations(self, owner: Value) -> Value:
        """Do the work of ``ServiceCommand._create_command_table``."""
        if not isinstance(owner, Instance):
            raise Unsupported("a table of operations without a service")
        service = self.models.service(str(owner.attributes["_service_name"]))
        parent = owner.attributes["_name"]
        table: dict[Value, Value] = {}
        for name in service.operation_names:
            cli_name = option_name(str(name), self.files.names)
            table[cli_name] = self.reader.call(
                self._operation_command,
                [],
                {
                    "name": cli_name,
                    "parent_name": parent,
                    "session": self.session,
                    "operation_model": service.operation(str(name)),
                    "operation_caller": None,
                },
            )
        self.events.announce(
            f"building-command-table.{parent}",
            {"command_table": table, "session": self.session, "command_object": owner},
        )
        lineage = self.reader.attribute(owner, "lineage")
        for command in table.values():
            if isinstance(lineage, list):
                self.reader.set_attribute(command, "lineage", [*lineage, command])
        return table

    # --- arguments --------------------------------------------------------------------------------

    def _arguments(self, owner: Value) -> Value:
        """Do the work of ``ServiceOperation._create_argument_table``."""
        operation = (
            owner.attributes.get("_operation_model") if isinstance(owner, Instance) else None
        )
        if not isinstance(owner, Instance) or not isinstance(operation, Operation):
            raise Unsupported("a table of arguments without an operation")
        table: dict[Value, Value] = {}
        for name, shape in parameters(operation):
            made = self.reader.call(
                self._argument_classes.get(shape.type_name, self._argument_classes[""]),
                [],
                {
                    "name": option_name(name, self.files.names),
                    "argument_model": shape,
                    "is_required": required(operation, name, shape),
                    "operation_model": operation,
                    "serialized_name": name,
                    "event_emitter": self.events,
                },
            )
            self.reader.call(self.reader.attribute(made, "add_to_arg_table"), [table])
        self.events.announce(
            argument_event(owner),
            {
                "operation_model": operation,
                "session": self.session,
                "command": owner,
                "argument_table": table,
            },
        )
        return table

    # --- the beginning ----------------------------------------------------------------------------

    def _register(self) -> None:
        """Let the release's own customisations register themselves."""
        registry = self.reader.member("awscli.handlers_registry", "PLUGIN_REGISTRY")
        if isinstance(registry, dict):
            self.events.load(registry)
            return
        start = self.reader.member("awscli.handlers", "awscli_initialize")
        if isinstance(start, Unknown):
            raise self._strange("it has neither awscli.handlers nor a registry of handlers")
        self.events.safely("start", start, [self.events], {})

    def _emit_main(self, table: dict[Value, Value]) -> None:
        event = "building-command-table.main"
        operations = self.reader.member("awscli.handlers_registry", "MAIN_COMMAND_TABLE_OPS")
        if isinstance(operations, list):
            lazy = self.reader.member("awscli.lazy", "LazyCommand")
            for one in operations:
                match one:
                    case ("rename", str() as old, str() as new) if old in table:
                        command = table.pop(old)
                        table[new] = command
                        self.reader.set_attribute(command, "name", new)
                    case ("add", str() as name, str() as module, str() as cls):
                        table[name] = self.reader.call(lazy, [name, self.session, module, cls])
            self.events.skip(event)
        self.events.announce(
            event,
            {"command_table": table, "session": self.session, "command_object": None},
        )

    def _class(self, module: str, name: str) -> Class:
        found = self.reader.member(module, name)
        if not isinstance(found, Class):
            raise self._strange(f"it has no class {module}.{name}")
        return found

    def _strange(self, detail: str) -> ParseError:
        return ParseError(self.files.name, Reason.MALFORMED, detail)


def parameters(operation: Operation) -> Iterator[tuple[str, Shape]]:
    """Give the parameters of an operation with their types."""
    shape = operation.input_shape
    for name, member in shape.members.items() if shape else ():
        if isinstance(member, Shape):
            yield name, member


def required(operation: Operation, name: str, shape: Shape) -> bool:
    """Whether a parameter must be given. A token against repetition is made up where it isn't."""
    structure = operation.input_shape
    token = shape.metadata.get("idempotencyToken", False)
    return structure is not None and name in structure.required_members and not token


def argument_event(command: Instance) -> str:
    """Name the event that lets the table of an operation's arguments be changed."""
    return (
        f"building-argument-table.{command.attributes['_parent_name']}."
        f"{command.attributes['_name']}"
    )
