import re

import pytest

from corpora import errors
from corpora.errors import FlagstoneError, IngestError, Reason, UnknownProduct, UnknownVersion


def tree(cls=FlagstoneError):
    yield cls
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


def drawn():
    """(class, parent, code, status) of each line of the tree in the docstring."""
    parents = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.fullmatch(r" {4}([ │├└─]*)(\w+)(?: {2,}(.*))?", line)
        if found is None:
            continue
        depth = len(found[1]) // 4
        parents[depth] = found[2]
        told = re.fullmatch(r"([a-z_]+) +([0-9]{3})", found[3] or "")
        parent = parents[depth - 1] if depth else "Exception"
        yield found[2], parent, *((told[1], int(told[2])) if told else (None, None))


def test_the_tree_in_the_docstring_is_the_tree_of_classes():
    real = {(cls.__name__, cls.__base__.__name__) for cls in tree()}
    assert {(name, parent) for name, parent, _, _ in drawn()} == real


def test_the_tree_in_the_docstring_tells_each_code_and_status():
    for name, _, code, status in drawn():
        cls = getattr(errors, name)
        if cls.__subclasses__():
            assert code is None, f"{name} is a branch: it is never raised itself"
        else:
            assert (cls.code, cls.status) == (code, status), name


def test_every_error_that_is_raised_has_a_code_of_its_own():
    codes = [cls.code for cls in tree() if not cls.__subclasses__()]
    assert len(codes) == len(set(codes))
    assert FlagstoneError.code not in codes


@pytest.mark.parametrize("cls", list(tree()), ids=lambda cls: cls.__name__)
def test_every_error_has_a_status_of_http_and_says_what_it_is(cls):
    assert 400 <= cls.status < 600
    assert cls.__doc__


def test_an_error_tells_what_happened_and_the_next_step():
    error = FlagstoneError("It broke.", hint="Mend it.", part="wheel")
    assert str(error) == "It broke. Mend it."
    assert error.extra == {"part": "wheel"}
    assert str(FlagstoneError("It broke.")) == "It broke."


def test_an_unknown_product_lists_what_is_there():
    assert str(UnknownProduct("x", available=[])).endswith("Available: none yet.")
    assert "Did you mean a or b? " in str(
        UnknownProduct("x", available=["a", "b"], suggestions=["a", "b"])
    )


def test_an_unknown_version_names_the_nearest_or_else_what_was_meant():
    near = UnknownVersion("git", "2.4", available=["2.39"], nearest="2.39", policy="exact")
    assert "The nearest is 2.39" in near.hint
    meant = UnknownVersion("git", "x", available=[], suggestions=["y"], policy="exact")
    assert meant.hint == "Did you mean y? Available: none."
    assert meant.extra["suggestions"] == ["y"]


def test_a_failure_of_ingest_names_the_file_and_the_reason():
    error = IngestError("a.deb", Reason.TOO_LARGE, "2 GB")
    assert str(error) == "a.deb: too_large (2 GB)."
    assert error.extra["reason"] == "too_large"
