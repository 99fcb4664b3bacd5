"""Any surfaces at all are read back as they were written."""

from hypothesis import given, settings
from hypothesis import strategies as st

from commands import rows
from commands.dialect import DIALECTS
from commands.model import (
    TRUST,
    Command,
    Deprecation,
    Evidence,
    Option,
    Positional,
    Scope,
    Surface,
)
from commands.writer import write
from tests.commands.surfaces import in_order, read_back

words = st.text("abc-.", min_size=1, max_size=4)
texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=12)
urls = st.sampled_from(
    ["", "https://a.example/1/x.html", "https://a.example/1/x.html#y", "https://a.example/1.2/z"]
)
sources = st.sampled_from(TRUST)
evidence = st.lists(st.builds(Evidence, sources, urls, texts, texts), max_size=2).map(tuple)
options = st.lists(
    st.builds(
        Option,
        names=st.lists(words, min_size=1, max_size=3).map(tuple),
        arity=st.sampled_from(["none", "one", "optional", "many", "any"]),
        metavar=texts,
        choices=st.lists(texts, max_size=3).map(tuple),
        default=st.none() | texts,
        required=st.booleans(),
        deprecated=st.none() | st.builds(Deprecation, texts),
        description=texts,
        sources=st.lists(sources, max_size=2).map(tuple),
        evidence=evidence,
    ),
    max_size=3,
).map(tuple)
commands = st.builds(
    Command,
    path=st.lists(words, min_size=1, max_size=3).map(tuple),
    kind=st.sampled_from(rows.KINDS),
    summary=texts,
    options=options,
    positionals=st.lists(st.builds(Positional, texts, st.booleans()), max_size=2).map(tuple),
    dialect=st.none() | st.sampled_from(sorted(DIALECTS)).map(DIALECTS.get),
    evidence=evidence,
)
surfaces = st.lists(
    st.tuples(
        st.lists(commands, max_size=4, unique_by=lambda one: (one.kind, one.path)).map(tuple),
        st.sampled_from(sorted(DIALECTS)).map(DIALECTS.get),
        st.lists(sources, min_size=1, max_size=2, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=3,
).map(
    lambda given: [
        Surface("p", f"1.{n}" if n else "1", by, held, dialect, (Scope("model", ("options",)),))
        for n, (held, dialect, by) in enumerate(given)
    ]
)


@settings(max_examples=60, deadline=None)
@given(surfaces)
def test_any_surfaces_are_read_back_exactly(tmp_path_factory, given_surfaces):
    path = tmp_path_factory.mktemp("any") / "surface.sqlite"
    write(path, given_surfaces)
    assert read_back(path, given_surfaces) == [in_order(one) for one in given_surfaces]
