"""Charts of what people type."""

from __future__ import annotations

import altair as alt
import pandas as pd
import pytest

from service.charts import svg


@pytest.mark.parametrize("nasty", ["\0", "\x01", "\x1b", "\u2028", "\u2029", "\ufffe"])
def test_a_character_that_cannot_be_drawn_is_a_blank(nasty: str) -> None:
    table = pd.DataFrame({"name": [f"a{nasty}b"], "value": [1]})
    chart = alt.Chart(table, title=f"c{nasty}d").mark_bar().encode(x="value:Q", y="name:N")
    drawn = svg(chart, "a chart")
    assert "a b" in drawn
    assert "c d" in drawn
