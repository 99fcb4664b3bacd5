"""What the tools give: the engine's answers without what an agent has no use for."""

from __future__ import annotations

from commands.model import Option
from commands.validate import Issue
from corpora.model import Context, Frozen, Passage, Resolution
from corpora.snapshot import ProductRecord
from retrieval.answers import CommandAnswer, DiffAnswer, ValidationAnswer


class Resolved(Frozen):
    """How the version that was asked for became a documented one."""

    product: str
    requested: str | None
    resolved: str
    match: str
    reason: str

    @classmethod
    def of(cls, one: Resolution) -> Resolved:
        """Without the list of all releases, which `list_products` has."""
        return cls.model_validate(one.model_dump(exclude={"available"}))


class Source(Frozen):
    """Where a passage of the context stands."""

    id: str
    url: str


class ContextTold(Frozen):
    """The context for a question."""

    resolution: Resolved | None
    context: str
    sources: tuple[Source, ...]
    abstained: bool
    next_cursor: str | None = None
    snapshot: str

    @classmethod
    def of(cls, answer: Context) -> ContextTold:
        """The passages are told once: in the context."""
        return cls(
            resolution=Resolved.of(answer.resolution) if answer.resolution else None,
            context=answer.context,
            sources=tuple(Source(id=one.id, url=one.url) for one in answer.passages),
            abstained=answer.abstained,
            next_cursor=answer.next_cursor,
            snapshot=answer.snapshot,
        )


class ProductTold(Frozen):
    """A product and its documented releases, oldest first."""

    id: str
    title: str
    releases: tuple[str, ...]


class ProductsTold(Frozen):
    """What the corpus holds."""

    products: tuple[ProductTold, ...]
    snapshot: str

    @classmethod
    def of(cls, records: tuple[ProductRecord, ...], snapshot: str) -> ProductsTold:
        """Names and labels alone."""
        told = tuple(
            ProductTold(
                id=one.id, title=one.title, releases=tuple(each.label for each in one.releases)
            )
            for one in records
        )
        return cls(products=told, snapshot=snapshot)


class PassageTold(Frozen):
    """One passage, whole."""

    id: str
    product: str
    heading: tuple[str, ...]
    text: str
    releases: tuple[str, ...]
    url: str

    @classmethod
    def of(cls, passage: Passage) -> PassageTold:
        """With the address in the newest release that has it."""
        return cls(
            id=passage.id,
            product=passage.product,
            heading=passage.heading,
            text=passage.text,
            releases=passage.releases,
            url=passage.locations[-1].url if passage.locations else "",
        )


class OptionTold(Frozen):
    """One option or argument. What is not there is as usual: optional, once, with any value."""

    names: tuple[str, ...]
    value: str = ""
    choices: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False
    deprecated: str = ""
    since: str = ""
    removed_in: str = ""
    about: str = ""


class CommandTold(Frozen):
    """What one command accepts at one release."""

    resolution: Resolved
    path: str
    summary: str
    synopsis: tuple[str, ...]
    arguments: tuple[str, ...]
    options: tuple[OptionTold, ...]
    subcommands: tuple[str, ...]
    releases: tuple[str, ...]
    snapshot: str

    @classmethod
    def of(cls, answer: CommandAnswer) -> CommandTold:
        """What can be typed, without where it was read."""
        command = answer.command
        return cls(
            resolution=Resolved.of(answer.resolution),
            path=" ".join(command.path),
            summary=command.summary,
            synopsis=command.synopsis,
            arguments=tuple(
                one.name if one.required else f"[{one.name}]" for one in command.positionals
            ),
            options=tuple(_option(answer, one) for one in command.options if not one.hidden),
            subcommands=command.children,
            releases=answer.releases,
            snapshot=answer.snapshot,
        )


def _option(answer: CommandAnswer, one: Option) -> OptionTold:
    gone = one.deprecated
    return OptionTold(
        names=one.spellings,
        value="" if one.arity == "none" else one.metavar or one.type or "value",
        choices=one.choices,
        default=one.default,
        required=one.required,
        deprecated=(gone.note or gone.replacement or "yes") if gone else "",
        since=answer.since.get(one.name, ""),
        removed_in=answer.removed_in.get(one.name, ""),
        about=one.description,
    )


class IssueTold(Frozen):
    """One thing that is wrong, or will be."""

    code: str
    severity: str
    token: str
    message: str
    suggestions: tuple[str, ...] = ()
    exists_in: tuple[str, ...] = ()
    source: str = ""

    @classmethod
    def of(cls, issue: Issue) -> IssueTold:
        """With the page that says so, where there is one."""
        return cls(
            code=issue.code,
            severity=issue.severity,
            token=issue.token,
            message=issue.message,
            suggestions=issue.suggestions,
            exists_in=issue.exists_in,
            source=issue.evidence.url if issue.evidence else "",
        )


class CheckedTold(Frozen):
    """One command that was found in the text. ``valid`` is null where it could not be checked."""

    text: str
    release: str
    valid: bool | None
    reason: str = ""
    issues: tuple[IssueTold, ...] = ()


class ValidationTold(Frozen):
    """Whether the commands of a text are real, how risky they are, and what is right if not."""

    valid: bool | None
    risk: str
    risk_reasons: tuple[str, ...]
    commands: tuple[CheckedTold, ...]
    issues: tuple[IssueTold, ...] = ()
    repaired: str | None = None
    snapshot: str

    @classmethod
    def of(cls, answer: ValidationAnswer) -> ValidationTold:
        """Without places in the text: tokens say what is meant."""
        return cls(
            valid=answer.valid,
            risk=answer.risk.level,
            risk_reasons=tuple(one.text for one in answer.risk.reasons),
            commands=tuple(
                CheckedTold(
                    text=one.text,
                    release=f"{one.product}@{one.release}" if one.product else "",
                    valid=one.valid,
                    reason=one.reason,
                    issues=tuple(map(IssueTold.of, one.issues)),
                )
                for one in answer.commands
            ),
            issues=tuple(map(IssueTold.of, answer.issues)),
            repaired=answer.repaired.text if answer.repaired else None,
            snapshot=answer.snapshot,
        )


class DiffTold(Frozen):
    """What changed between two releases: ``+`` added, ``-`` removed, ``~`` changed."""

    product: str
    old: Resolved
    new: Resolved
    text: str
    snapshot: str

    @classmethod
    def of(cls, answer: DiffAnswer) -> DiffTold:
        """As text, which is a fifth of the same as data."""
        return cls(
            product=answer.new.product,
            old=Resolved.of(answer.old),
            new=Resolved.of(answer.new),
            text=answer.text,
            snapshot=answer.snapshot,
        )
