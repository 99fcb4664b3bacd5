"""What the charts of the benchmarks are drawn with."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eval.report.svg import apart, joined, rule, text

PLACES = st.lists(st.floats(0, 300), min_size=1, max_size=14)


@given(PLACES)
def test_labels_stand_apart_in_the_order_of_what_they_label(wanted):
    found = apart(wanted, 17, 0, 300)
    ascending = sorted(found)
    assert all(two - one >= 17 - 1e-6 for one, two in pairwise(ascending))
    assert all(-1e-6 <= one <= 300 + 1e-6 for one in found)
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    assert [found[at] for at in order] == ascending


def test_labels_move_only_where_they_have_to():
    assert apart([10, 100, 200], 17, 0, 300) == [10, 100, 200]
    assert apart([100, 100], 20, 0, 300) == [90, 110]
    assert apart([0, 0, 0], 20, 0, 300) == [0, 20, 40]
    assert apart([300, 300], 20, 0, 300) == [280, 300]
    assert apart([], 20, 0, 300) == []


def test_too_many_labels_go_beyond_the_end_rather_than_over_each_other():
    assert apart([5, 5, 5], 10, 0, 15) == [0, 10, 20]


def test_texts_are_escaped_and_lines_are_plain_unless_told():
    assert "a &lt;b&gt; &amp; c" in text(0, 0, "a <b> & c")
    assert "stroke-width" not in rule(0, 0, 1, 1)
    assert "stroke-dasharray" not in joined([(0, 0), (1, 1)], "red")
    assert 'stroke-dasharray="7 4"' in joined([(0, 0), (1, 1)], "red", "7 4")
