import pytest

from corpora.model import Entry
from ingest.parse.names import describe, heads_definition, names_of, option_names
from ingest.parse.terms import split_terms


@pytest.mark.parametrize(
    ("printed", "terms"),
    [
        ("-a, --all", ("-a", "--all")),
        (
            "-L<start>,<end>:<file>, -L:<name>:<file>",
            ("-L<start>,<end>:<file>", "-L:<name>:<file>"),
        ),
        ("-h | --help", ("-h", "--help")),
        ("-q or --quiet", ("-q", "--quiet")),
        ("-a\n--data-only", ("-a", "--data-only")),
        ("[--] <path>...", ("[--] <path>...",)),
        ("add.thisOne, add.this-one (deprecated)", ("add.thisOne", "add.this-one (deprecated)")),
        ("alternate, shared object database", ("alternate, shared object database",)),
        ("p\nplain", ("p", "plain")),
        ("--publish ip:[host]:c | [host:]c", ("--publish ip:[host]:c | [host:]c",)),
        ("", ()),
    ],
)
def test_a_term_is_parted_into_its_spellings(printed: str, terms: tuple[str, ...]):
    assert split_terms(printed) == terms


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("--exclude-table-data=pattern", ("--exclude-table-data",)),
        ("-T table", ("-T",)),
        ("--[no-]status", ("--status", "--no-status")),
        ("--[no-]recurse-submodules[=yes|no]", ("--recurse-submodules", "--no-recurse-submodules")),
        ("--decorate[=short|full]", ("--decorate",)),
        ("-S[<keyid>]", ("-S",)),
        ("-L<start>,<end>:<file>", ("-L",)),
        ("-<number>", ()),
        ("-?", ("-?",)),
        ("[-d] dbname", ("-d",)),
        ("[--dbname=]dbname", ("--dbname",)),
        ("-h|--help", ("-h", "--help")),
        ("--", ("--",)),
        ("[--] <path>...", ("--",)),
        ("--config-env=<name>=<envvar>", ("--config-env",)),
        ("-2.7", ("-2.7",)),
    ],
)
def test_the_names_of_an_option_are_bare(term: str, names: tuple[str, ...]):
    assert option_names(term) == names


@pytest.mark.parametrize(
    ("terms", "heading", "kind", "names"),
    [
        (("-a", "--all"), "OPTIONS", "option", ("-a", "--all")),
        (("wal_level (enum)",), "Settings", "parameter", ("wal_level",)),
        (("auto_explain.log_analyze (boolean)",), "F", "parameter", ("auto_explain.log_analyze",)),
        (("commit.gpgSign",), "CONFIGURATION", "parameter", ("commit.gpgSign",)),
        (("PGHOST", "PGPORT"), "Environment", "parameter", ("PGHOST", "PGPORT")),
        (("IF NOT EXISTS",), "Parameters", "parameter", ("IF NOT EXISTS",)),
        (("LIKE source_table [ like_option ... ]",), "Parameters", "parameter", ("LIKE",)),
        (("table_name",), "Parameters", "parameter", ("table_name",)),
        (("ExecStart=",), "OPTIONS", "parameter", ("ExecStart",)),
        (("\\copy { table [ ( column_list ) ] }",), "Meta-Commands", "definition", ("\\copy",)),
        (("date_trunc ( text, timestamp ) → timestamp",), "Dates", "definition", ("date_trunc",)),
        (("alternate object database",), "DESCRIPTION", "definition", ()),
        (("pathname",), "Values", "definition", ()),
        (("- interval → interval",), "Dates", "definition", ()),
        (("git log -3",), "EXAMPLES", "example", ()),
    ],
)
def test_what_an_entry_defines_is_told_by_its_term_and_heading(terms, heading, kind, names):
    assert describe(Entry(terms=terms), (heading,)) == (kind, names)


def test_a_name_below_a_group_is_also_given_in_full():
    kind, names = describe(Entry(terms=("detachedHead",)), ("Variables",), ("advice.*",))
    assert kind == "parameter"
    assert names == ("advice.detachedHead", "detachedHead")


def test_options_nested_in_an_entry_are_found_by_name():
    outer = Entry(terms=("-o options",), body=(Entry(terms=("--inner",)), Entry(terms=("plain",))))
    assert names_of(outer, ("OPTIONS",)) == ("-o", "--inner")


@pytest.mark.parametrize(
    ("heading", "above", "defined"),
    [
        ("--data-dir", ("Configuration options", "Member flags"), True),
        ("--fixup=[(amend|reword):]<commit>", ("git-commit",), True),
        ("--data-dir and friends", ("etcd",), False),
        ("biff (default: yes)", ("postconf",), True),
        ("luser_relay (default: empty)", ("postconf",), True),
        ("Mail (what it is)", ("postconf",), False),
        ("logfile", ("pgbouncer.ini", "GENERIC SETTINGS"), True),
        ("query_wait_timeout", ("pgbouncer.ini", "DANGEROUS TIMEOUTS"), True),
        ("GENERIC SETTINGS", ("pgbouncer.ini",), False),
        ("Chart.yaml files", ("Charts",), False),
        ("TF_DATA_DIR", ("tofu", "Environment Variables"), True),
        ("overview", ("tofu", "Settings"), False),
        ("pg_stat_activity", ("The Cumulative Statistics System",), False),
        ("package.json", ("Node.js",), False),
        ("", ("pgbouncer.ini",), False),
        ("--data-dir <path>", ("etcd",), True),
        ("--data-dir (deprecated)", ("etcd",), True),
        ("--", ("etcd",), False),
        ("values.yaml", ("Helm", "Configuration"), False),
        ("v1.2", ("X", "Configuration changes"), False),
        ("overview", ("Configuring nginx.conf",), False),
        ("logfile", (), False),
    ],
)
def test_a_heading_may_be_a_term(heading: str, above: tuple[str, ...], defined: bool):
    assert heads_definition(heading, above) is defined
