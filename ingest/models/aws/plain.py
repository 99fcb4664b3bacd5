"""The arguments of plain operations: a short cut that is checked against the release's own code.

Nine of ten commands are one operation of a model, changed by nothing but the handlers that see to
every operation (pages, ``--cli-input-json``, ``--generate-cli-skeleton``, files as output).
Following their source for each of twenty thousand commands takes a minute, and the answer is always
the same: the parameters of the model, and a few arguments that depend on very little. These few are
worked out once each. On one operation of every service the outcome is compared with the long way;
where it differs, that service goes the long way throughout.
"""

from __future__ import annotations

from dataclasses import replace

from ingest.models.aws.arguments import Argument, model_argument, read_table
from ingest.models.aws.driver import Driver, Node, argument_event, parameters, required
from ingest.models.aws.models import Operation
from ingest.models.aws.names import option_name
from ingest.models.aws.values import Instance

GENERAL = frozenset(
    [
        "awscli.customizations.cliinput.add_cli_input_json",
        "awscli.customizations.cliinput.add_cli_input_yaml",
        "awscli.customizations.cliinputjson.add_cli_input_json",
        "awscli.customizations.generatecliskeleton.add_generate_skeleton",
        "awscli.customizations.paginate.unify_paging_params",
        "awscli.customizations.streamingoutputarg.add_streaming_output_arg",
    ]
)
"""Handlers that see to every operation, and whose outcome depends on :class:`_Kind` alone."""

_Kind = tuple[frozenset[str], bool, str | None]
"""Who hears of it, whether it answers with a file, and the type of its page size."""


class PlainArguments:
    """Gives the arguments of plain operations, the short way where that has proven right."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._extras: dict[_Kind, dict[str, Argument]] = {}
        self._trusted: dict[str, bool] = {}
        self.short = 0
        """Operations that went the short way."""
        self.differing: list[str] = []
        """Services for which it was wrong."""

    def of(self, node: Node) -> dict[str, Argument]:
        """Give the arguments of a command by their key in its table."""
        operation = node.operation
        if operation is None:
            return self._long(node)
        heard = self._driver.heard(argument_event(node.command))
        if not heard <= GENERAL:
            return self._long(node)
        service = operation.service_model.service_name
        kind = self._kind(operation, heard)
        if kind not in self._extras:
            whole = self._long(node)
            base = self._base(operation)
            self._extras[kind] = {
                key: one
                for key, one in whole.items()
                if key not in base or (one != base[key] and not one.hidden)
            }
        short = self._base(operation) | self._extras[kind]
        if service not in self._trusted:
            whole = self._long(node)
            self._trusted[service] = short == whole
            if short != whole:
                self.differing.append(service)
        if not self._trusted[service]:
            return self._long(node)
        self.short += 1
        return short

    def _kind(self, operation: Operation, heard: frozenset[str]) -> _Kind:
        paginator = self._driver.models.paginator(operation)
        pages: str | None = None
        if paginator is not None:
            key = paginator.get("limit_key")
            limit = operation.input_shape.shape(str(key)) if operation.input_shape else None
            pages = limit.type_name if key is not None and limit else "none"
        return heard, operation.has_streaming_output, pages

    def _base(self, operation: Operation) -> dict[str, Argument]:
        """The parameters of the model, those that turn pages hidden."""
        names = self._driver.files.names
        made: dict[str, Argument] = {}
        for name, shape in parameters(operation):
            key = option_name(name, names)
            one = model_argument(key, shape, required=required(operation, name, shape))
            made[key] = one
            if shape.type_name == "boolean":
                made[f"no-{key}"] = replace(
                    one, spelling=f"--no-{key}", action="store_false", required=False
                )
        paginator = self._driver.models.paginator(operation) or {}
        tokens = paginator.get("input_token")
        turning = [*(tokens if isinstance(tokens, list) else [tokens]), paginator.get("limit_key")]
        for token in turning:
            key = option_name(token, names) if isinstance(token, str) else ""
            if key in made:
                made[key] = replace(made[key], hidden=True)
        return made

    def _long(self, node: Node) -> dict[str, Argument]:
        command: Instance = node.command
        return read_table(self._driver, node.path, command)
