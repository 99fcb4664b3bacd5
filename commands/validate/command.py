"""One invocation → what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from commands import suggest
from commands.shell import Invocation, Script
from commands.store import SurfaceStore
from commands.storefile import Release
from commands.validate import arguments, history, options
from commands.validate.hosts import BUILTINS, PLUGINS, SHIPPED
from commands.validate.locate import Located, locate
from commands.validate.model import Checked, CheckedCommand
from commands.validate.report import Report
from commands.validate.targets import Targets, root

_APPENDS = frozenset({"xargs", "parallel"})
"""Wrappers that give the command further words."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A checked command, and where it was found in the surface: None if it wasn't."""

    command: CheckedCommand
    located: Located | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Checks the invocations of one text."""

    text: str
    store: SurfaceStore
    targets: Targets

    def judge(self, script: Script, at: int) -> Judged:
        """Check one invocation of a script. Raises UnknownProduct, UnknownVersion."""
        invocation = script.invocations[at]
        report = Report(self.text)
        program = invocation.program
        if not program:
            running = "Which program it is, only running would tell."
            return self._done(invocation, report, "no", running)
        product = self.targets.product(program)
        if not product and program in BUILTINS:
            return self._done(invocation, report, "no", f"{program} is the shell's own.")
        if not product:
            return self._foreign(invocation, report)
        label = self.targets.releases.get(product)
        if label is None:
            missing = f"It isn't said which release of {product} to check against."
            return self._done(invocation, report, "no", missing)
        release = self.store.release(product, label)
        name = root(self.store, product, label, program)
        located = locate(self.store, release, name, invocation)
        if located is None:
            self._unknown_program(release, invocation, report)
            return self._done(invocation, report, "fully", release=release)
        open_ended = bool(invocation.via) and invocation.via[-1].split()[0] in _APPENDS
        checked, reason = self._located(located, report, open_ended or _runs(script, at))
        return self._done(invocation, report, checked, reason, release, located)

    def skipped(self, invocation: Invocation) -> Judged:
        """Leave an invocation unchecked, after too many issues."""
        return self._done(
            invocation, Report(self.text), "no", "Not checked: there are too many issues before it."
        )

    def _located(self, located: Located, report: Report, open_ended: bool) -> tuple[Checked, str]:
        stopped = self._subcommand(located, report)
        if stopped is not None:
            return stopped
        doubt = options.check(self.store, located, report, open_ended=open_ended)
        if options.asks_for_help(located):
            return "fully", ""
        if located.command.deprecated:
            self._deprecated(located, report)
        arguments.check(located, report, doubt, open_ended=open_ended)
        if located.command.partial:
            return "partly", f"Of {' '.join(located.command.path)} no more is known than its name."
        if doubt.unreadable:
            return "partly", "The name of an option is only known when it runs."
        return "fully", ""

    def _subcommand(self, located: Located, report: Report) -> tuple[Checked, str] | None:
        """Judge the word that stands where a subcommand does; None to go on."""
        command = located.command
        if not command.children or command.positionals:
            return None
        operands = located.own.operands
        called = " ".join(command.path)
        if not operands:
            own = any(not one.inherited and one.name != "--help" for one in command.options)
            if not own and not located.own.problems and not options.asks_for_help(located):
                report.add(
                    "missing_required",
                    arguments.named(located),
                    f"{called} does nothing by itself: a subcommand is missing.",
                    severity="warning",
                    evidence=history.evidence(command),
                )
            return None
        first = operands[0]
        word = located.word(first.index)
        if word.value is None or word.kind != "literal" or first.after_terminator:
            return "partly", "Which subcommand it is, only running would tell."
        if first.text.isupper() and not any(child.isupper() for child in command.children):
            return "partly", f"{first.text[:100]} stands for a subcommand."
        if first.text == "help" or first.text.startswith("__"):
            return "partly", ""
        if first.index in located.own.doubtful:
            options.check(self.store, located, report, open_ended=True)
            return "partly", "Behind an unknown option, it can't be told which word is its value."
        if len(command.path) == 1 and first.text in SHIPPED.get(command.path[0], ()):
            return "no", f"{called} {first.text} is a plugin: a product of its own."
        self._unknown_subcommand(located, first.text, first.index, report)
        return "fully", ""

    def _unknown_subcommand(self, located: Located, name: str, index: int, report: Report) -> None:
        command, release = located.command, located.release
        near = suggest.subcommands(command, name) if len(name) <= options.LONGEST_NAME else ()
        exists = {
            label
            for path in (command.path, located.typed)
            for label in self.store.releases_of(release.product, (*path, name))
        }
        ordered = tuple(
            one.label for one in self.store.releases(release.product) if one.label in exists
        )
        called = " ".join(command.path)
        message = f"{called} has no subcommand {name[:100]!r} at {release.label}"
        host = PLUGINS.get(command.path[0]) if len(command.path) == 1 else None
        if ordered:
            message += f": {options.listed(ordered)} has it."
        elif host and not near:
            message += f", unless a plugin {host}{name[:100]} is installed."
        else:
            message += "."
        if near:
            message += f" Did you mean {options.listed([one.name for one in near])}?"
        word = located.word(index)
        report.add(
            "unknown_subcommand",
            word.span,
            message,
            suggestions=[one.name for one in near],
            exists_in=ordered,
            evidence=history.evidence(command),
            certain=not host,
            fix=suggest.certain(near) if word.text == word.value else None,
        )

    def _deprecated(self, located: Located, report: Report) -> None:
        told = located.command.deprecated
        if told is None:
            return
        instead = f" Use {told.replacement}." if told.replacement else ""
        report.add(
            "deprecated_flag",
            arguments.named(located),
            f"{' '.join(located.command.path)} is deprecated. {told.note}{instead}".rstrip(),
            severity="warning",
            suggestions=(told.replacement,) if told.replacement else (),
            evidence=history.evidence(located.command),
        )

    def _foreign(self, invocation: Invocation, report: Report) -> Judged:
        """Leave a program of no product unchecked, unless it is one of the product misspelt."""
        program = invocation.program
        word = invocation.words[0]
        stated = self.targets.stated
        if stated and len(program) <= options.LONGEST_NAME and word.kind == "literal":
            own = [name for name, product in self.targets.programs.items() if product == stated]
            near = suggest.closest(program, own)
            label = self.targets.releases.get(stated)
            if near and label is not None:
                fix = suggest.certain(near) if word.text == program else None
                report.add(
                    "unknown_command",
                    word.span,
                    f"{stated} {label} has no program {program!r}."
                    f" Did you mean {options.listed([one.name for one in near])}?",
                    suggestions=[one.name for one in near],
                    certain=False,
                    fix=fix,
                )
                return self._done(
                    invocation, report, "fully", release=self.store.release(stated, label)
                )
        return self._done(invocation, report, "no", f"No product here documents {program[:100]}.")

    def _unknown_program(self, release: Release, invocation: Invocation, report: Report) -> None:
        program = invocation.program
        exists = self.store.releases_of(release.product, (program,))
        names = self.store.children(release.product, release.label)
        near = suggest.closest(program[:100], names)
        report.add(
            "unknown_command",
            invocation.words[0].span,
            f"{release.product} {release.label} has no program {program[:100]!r}"
            + (f": {options.listed(exists)} has it." if exists else "."),
            suggestions=[one.name for one in near],
            exists_in=exists,
        )

    def _done(
        self,
        invocation: Invocation,
        report: Report,
        checked: Checked,
        reason: str = "",
        release: Release | None = None,
        located: Located | None = None,
    ) -> Judged:
        issues = report.in_order()
        invalid = any(one.severity == "error" for one in issues)
        known = release is not None and checked != "no"
        path = located.command.path if located else ()
        return Judged(
            CheckedCommand(
                text=invocation.text,
                span=invocation.span,
                program=invocation.program,
                product=release.product if release and known else "",
                release=release.label if release and known else "",
                path=path if known else (),
                issues=issues,
                checked=checked,
                valid=(not invalid) if checked != "no" else None,
                reason=reason,
                via=invocation.via,
            ),
            located,
        )


def _runs(script: Script, at: int) -> bool:
    """Tell whether the invocation is a wrapper: words of its own stand in the next ones."""
    one = script.invocations[at]
    if at + 1 >= len(script.invocations):
        return False
    inner = script.invocations[at + 1]
    return len(inner.via) > len(one.via) and inner.span.end <= one.span.end
