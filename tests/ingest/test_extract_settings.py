"""Configuration parameters and SQL statements of PostgreSQL."""

import pytest
from parse_pages import read

from commands.model import Option
from corpora.model import Entry, Page, Section, Text
from ingest.extract.families import Family
from ingest.extract.settings import changeable, settings_of
from ingest.extract.statements import statement_of
from ingest.extract.surfaces import facts_of


def parameter(term: str, *texts: str, anchor: str = "GUC-X") -> Option | None:
    entry = Entry(terms=(term,), body=tuple(Text(text=text) for text in texts), anchor=anchor)
    page = Page(slug="p", title="P", sections=(Section(heading="S", blocks=(entry,)),))
    found = settings_of(page, "https://docs.example/p.html")
    return found.options[0] if found else None


def test_a_real_page_gives_its_parameters_with_type_and_default():
    page = read("postgresql-18/runtime-config-error-handling.html")
    found = settings_of(page, "https://docs.example/p.html")
    assert found is not None
    assert (found.path, found.kind) == (("postgresql.conf",), "configuration")
    by_name = {option.names[0]: option for option in found.options}
    assert {(n, o.type, o.default) for n, o in by_name.items()} >= {
        ("exit_on_error", "boolean", "off"),
        ("restart_after_crash", "boolean", "on"),
    }
    first = by_name["exit_on_error"].evidence[0]
    assert (first.quote, first.url.split("#")[1]) == (
        "exit_on_error (boolean)",
        "GUC-EXIT-ON-ERROR",
    )


@pytest.mark.parametrize(
    ("term", "text", "kind", "default"),
    [
        (
            "work_mem (integer)",
            "If this value is specified without units, it is taken as kilobytes. "
            "The default value is four megabytes (4MB).",
            "size",
            None,
        ),
        (
            "max_wal_size (integer)",
            "If this value is specified without units, it is taken as megabytes. "
            "The default is 1 GB.",
            "size",
            "1GB",
        ),
        (
            "wal_receiver_timeout (integer)",
            "If this value is specified without units, it is taken as milliseconds. "
            "The default value is 60 seconds.",
            "duration",
            "60s",
        ),
        (
            "vacuum_freeze_min_age (integer)",
            "The default is 50 million transactions.",
            "integer",
            "50000000",
        ),
        ("random_page_cost (floating point)", "The default is 4.0.", "number", "4.0"),
        ("jit (boolean)", "Determines whether JIT is used. The default is on.", "boolean", "on"),
        ("fsync (boolean)", "The default is to ask.", "boolean", None),
    ],
)
def test_units_show_in_the_type_and_defaults_are_written_as_the_file_takes_them(
    term, text, kind, default
):
    option = parameter(term, text)
    assert option is not None
    assert (option.type, option.default) == (kind, default)


def test_the_values_of_an_enum_are_those_that_the_text_lists():
    option = parameter(
        "bytea_output (enum)",
        "Sets the format. Valid values are hex (the default) and escape (the traditional format).",
    )
    assert option is not None
    assert (option.choices, option.default) == (("hex", "escape"), "hex")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("This parameter can only be set at server start.", "server start"),
        ("This parameter can only be set in the postgresql.conf file or so.", "reload"),
        ("Only superusers can change this setting.", "superuser"),
        ("It matters little.", "any time"),
    ],
)
def test_when_a_parameter_may_be_changed_is_said_and_quoted(text, when):
    found, sentence = changeable(["First.", text])
    assert found == when
    assert sentence == ("" if when == "any time" else text)


def test_storage_parameters_and_read_only_ones_are_in_no_file():
    assert parameter("fillfactor (integer)", "Text.", anchor="INDEX-RELOPTION-FILLFACTOR") is None
    entry = Entry(terms=("block_size (integer)",), anchor="GUC-BLOCK-SIZE")
    page = Page(
        slug="runtime-config-preset", title="P", sections=(Section(heading="S", blocks=(entry,)),)
    )
    assert settings_of(page) is None


def test_a_statement_has_its_keywords_with_the_values_they_take():
    found = statement_of(read("extract/sql-vacuum.html"))
    assert found is not None
    assert (found.path, found.kind) == (("VACUUM",), "statement")
    by_name = {option.names[0]: option for option in found.options}
    assert by_name["FULL"].arity == "optional"
    assert by_name["INDEX_CLEANUP"].choices == ("AUTO", "ON", "OFF")
    assert (by_name["PARALLEL"].arity, by_name["PARALLEL"].type) == ("one", "integer")
    assert "table_name" not in by_name
    assert by_name["FREEZE"].description.startswith("Selects aggressive")


def test_one_page_is_one_thing():
    kinds = [
        [c.kind for c in facts_of(read(path), Family()).commands]
        for path in (
            "extract/sql-vacuum.html",
            "extract/app-clusterdb.html",
            "postgresql-18/runtime-config-error-handling.html",
        )
    ]
    assert kinds == [["statement"], ["command"], ["configuration"]]
