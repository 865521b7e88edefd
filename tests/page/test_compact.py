"""A page in fewer bytes says what it said."""

import re

import pytest

from pipeline.page import svg
from pipeline.page.compact import compact
from pipeline.page.words import plain


@pytest.mark.parametrize(
    "ends", [(0, 31, 144, 31), (68.7, 2, 68.7, 31), (4.04, 5, 90.26, 7.5), (-3, 0, -3, -0.5)]
)
def test_a_line_keeps_its_ends(ends):
    found = compact(svg.line(*ends, "axis"))
    path = re.fullmatch(
        r'<path class="axis" d="M(\S+) (\S+?)(?:H(\S+)|V(\S+)|L(\S+) (\S+))"/>', found
    )
    x1, y1, level, upright, x2, y2 = path.groups()
    kept = (x1, y1, level or x2 or x1, upright or y2 or y1)
    assert [float(end) for end in kept] == [round(end, 1) for end in ends]


def test_what_is_compact_stays():
    drawn = svg.line(0, 31.0, 10, 31.0, "mean") + svg.text(3.0, 4.25, "a 1.0", "label")
    words, cell = (
        '<span class="en" lang="en">x="1.0"</span>',
        '<td class="numeric"><data value="7.0">',
    )
    page = f"{words}{cell}7</data></td>{drawn}"
    once = compact(page)
    assert compact(once) == once
    assert len(once) < len(page)


def test_only_names_of_places_lose_their_zero():
    """A value that a program reads stays to the last digit, and so does what a person reads."""
    assert compact('<data value="7.0">7.0</data>') == '<data value="7.0">7.0</data>'
    assert compact('<text x="7.0" y="10.0">1.0</text>') == '<text x="7" y="10">1.0</text>'


def test_a_label_at_its_end_keeps_its_anchor():
    assert "text-anchor" not in compact(svg.text(1, 2, plain(3.0), "label"))
    assert 'text-anchor="end"' in compact(svg.text(1, 2, plain(3.0), "label", "end"))


def test_no_sentence_is_lost():
    page = '<span class="en" lang="en">one</span><span class="ko" lang="ko">하나</span>'
    assert compact(page) == '<span lang="en">one</span><span lang="ko">하나</span>'


TABLE = """<table><thead><tr role="row"><th scope="col">a</th><th>b</th></tr></thead>
<tbody><tr role="row"><th scope="row">c</th><td><p>1</p></td>
<td>2</td></tr>
<tr><td>3</td></tr>
</tbody></table>"""


def test_a_cell_and_a_row_end_where_the_next_begins():
    short = compact(TABLE)
    assert compact(short) == short
    assert re.findall("</t[a-z]*>", short) == ["</thead>", "</tbody>", "</table>"]
    assert re.findall("<t[a-z]*", short) == re.findall("<t[a-z]*", TABLE)
