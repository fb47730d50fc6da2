from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import Finding
from features.sources import with_published
from tests.folders import Change, header_only, with_cell, with_row


@pytest.mark.parametrize(
    ("change", "line", "column", "why"),
    [
        (None, None, None, "the file is missing"),
        (header_only, 1, None, "add at least one"),
        (with_cell(0, "delay_days", "-1"), 2, "delay_days", "is below 0"),
        (with_cell(0, "delay_days", ""), 2, "delay_days", "is blank"),
        (with_cell(0, "delay_days", "99999"), 2, "delay_days", "is above 3660"),
        (with_cell(0, "basis", "guessed"), 2, "basis", "use one of measured, assumed"),
        (with_cell(0, "max_age_days", "0"), 2, "max_age_days", "is not above 0"),
        (with_row(), 5, "source", "there already in line 2; list it once"),
    ],
)
def test_bad_sources(
    findings_of: Callable[..., list[Finding]],
    change: Change,
    line: int | None,
    column: str | None,
    why: str,
) -> None:
    first = findings_of(sources=change)[0]
    assert (first.file, first.line, first.column) == ("sources.csv", line, column)
    assert why in first.why


def test_a_source_that_nobody_lists_is_an_error_at_each_row(
    findings_of: Callable[..., list[Finding]],
) -> None:
    findings = findings_of(sources=with_cell(2, "source", "Evnt Data"), months=2)
    assert {finding.file for finding in findings} == {"crisis.toml", "attacks.csv"}
    assert all("did you mean 'Evnt Data'" in finding.why for finding in findings)


@settings(max_examples=40)
@given(
    delay=st.integers(0, 4000).map(lambda tenths: tenths / 10),
    ends=st.lists(st.integers(0, 3000), min_size=1, max_size=8),
    dated=st.booleans(),
)
def test_missing_publication_is_the_end_plus_the_delay_in_whole_days(
    delay: float, ends: list[int], dated: bool
) -> None:
    end = pd.Series(pd.Timestamp("2015-01-01").as_unit("us") + pd.to_timedelta(ends, unit="D"))
    stated = end + pd.Timedelta(days=3) if dated else pd.NaT
    frame = pd.DataFrame(
        {"start": end, "end": end, "source": "One", "published": stated, "line": range(len(ends))}
    ).astype({"published": "datetime64[us]"})
    sources = pd.DataFrame({"delay_days": [delay]}, index=pd.Index(["One"], name="source"))
    filled = with_published(frame, sources)
    late = (filled["published"] - filled["end"]) / pd.Timedelta(days=1)
    assert filled["published_assumed"].eq(not dated).all()
    assert (late % 1 == 0).all()
    assert ((late == 3) if dated else (late >= delay) & (late < delay + 1)).all()
    assert filled["published"].is_monotonic_increasing
    assert filled["published"].dtype == "datetime64[us]"
