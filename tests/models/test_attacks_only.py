"""The regression on attacks, against data made from it."""

from __future__ import annotations

import numpy as np
import pytest

from models.attacks_only import AttacksOnly, regression
from models.simulation import known_paths
from tests.models.test_streams import month
from tests.strategies import made_up, panel_of, rows_to_predict


def test_it_finds_the_coefficients_it_was_made_with():
    rng = np.random.default_rng(4)
    stream = np.repeat(np.arange(12), 20)
    x = rng.normal(0.0, 1.0, 240)
    returns = (stream % 3 == 0).astype(float)
    design = np.stack([np.ones(240), x * (1 - returns), x * returns], axis=1)
    intercept = rng.normal(0.0, 1.0, 12)
    rate = 4.0 + 0.9 * design[:, 1] - 0.5 * design[:, 2] + intercept[stream]
    found = regression(design, rate + rng.normal(0.0, 0.3, 240), stream, 12)
    assert found.coefficients[1:] == pytest.approx([0.9, -0.5], abs=0.06)
    assert found.coefficients[0] + found.intercept == pytest.approx(4.0 + intercept, abs=0.25)
    assert found.within == pytest.approx(0.09, rel=0.2)
    assert found.between == pytest.approx(intercept.var(), rel=0.3)


def test_streams_of_one_report_are_shrunk_more_than_those_of_many():
    stream = np.array([0] * 20 + [1] + [2] * 20 + [3])
    rate = np.where(stream < 2, 2.0, -2.0) + np.tile([0.5, -0.5], 21)
    found = regression(np.ones((42, 1)), rate, stream, 4)
    shrunk = np.abs(found.intercept) / np.abs(
        np.bincount(stream, rate - found.coefficients[0]) / np.bincount(stream)
    )
    assert shrunk[0] > shrunk[1]
    assert shrunk[2] > shrunk[3]


def test_a_wilder_stream_has_a_larger_share_of_the_variance():
    stream = np.repeat([0, 1], 30)
    rate = np.where(stream == 0, 0.1, 1.0) * np.tile([1.0, -1.0], 30)
    found = regression(np.ones((60, 1)), rate, stream, 2)
    assert found.ratio[0] < 0.4
    assert found.ratio[1] > 1.2


def test_more_attacks_mean_more_arrivals_and_fewer_attacks_fewer():
    panel = panel_of(made_up(), until="2018-12-31")
    fitted = AttacksOnly().fit(panel)
    wanted = rows_to_predict([month(18, 0)])
    assert panel.intensity is not None
    paths = known_paths(panel, panel.intensity)
    calm, war = (
        np.median(fitted.predict_under(factor * paths, wanted, 500, np.random.default_rng(1)))
        for factor in (0.1, 3.0)
    )
    assert fitted.regression_.coefficients[1] > 0.1
    assert war > 1.2 * calm


def test_paths_of_many_draws_give_each_draw_its_own_attacks():
    panel = panel_of(made_up(), until="2018-12-31")
    fitted = AttacksOnly().fit(panel)
    wanted = rows_to_predict([month(18, 0)])
    assert panel.intensity is not None
    known = known_paths(panel, panel.intensity)
    paths = np.concatenate([0.1 * known, 3.0 * known])
    both = fitted.predict_under(paths, wanted, 2, np.random.default_rng(1))
    alone = fitted.predict_under(3.0 * known, wanted, 2, np.random.default_rng(1))
    assert both[1] == pytest.approx(alone[1])
    assert both[0] < alone[0]
