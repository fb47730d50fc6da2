"""Draws of a member and what was published later, as rows: forecasts, scores, track record.

Scores are those of the quantiles as they are written down, in whole persons, so that anyone can
work them out again from `forecasts.parquet` and `targets.csv`; CRPS, PIT and Brier scores need the
draws.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from features.panel import STREAM
from forecast.export import OUTPUTS, REPORT_SCHEMA
from forecast.result import QUANTILES, THRESHOLDS
from forecast.scores import DAYS_OF_MONTH, LEVELS, Floats, Wis, brier, covered, crps, pit, wis

SCHEMA = REPORT_SCHEMA.append(pa.field("member", pa.string()))
CONTEXT = ["report_id", "as_of", "horizon", "pooled", "event", "episode", "published_assumed"]
MEDIAN = QUANTILES.index(0.5)
# Width of the central 80 % of a normal distribution in units of its deviation.
EIGHTY = (QUANTILES.index(0.1), QUANTILES.index(0.9), 2.563)


def whole_quantiles(draws: Floats) -> Floats:
    """Quantiles (forecasts, levels) of draws (draws, forecasts), in whole persons."""
    return np.rint(np.quantile(draws, QUANTILES, axis=0).T)


def forecast_rows(targets: pd.DataFrame, member: str, draws: Floats, kind: str) -> pd.DataFrame:
    """Hubverse rows of one member, columns as in SCHEMA: 23 quantiles and the mean a target."""
    values = np.column_stack([whole_quantiles(draws), np.rint(draws.mean(axis=0))])
    outputs = pd.DataFrame(OUTPUTS * len(targets), columns=["output_type", "output_type_id"])
    named = targets.rename(
        columns={"place_id": "location", "start": "target_start", "end": "target_end"}
    )
    rows = named.loc[named.index.repeat(len(OUTPUTS))].reset_index(drop=True)
    rows = rows.assign(kind=kind, member=member, value=values.ravel().astype(np.int64))
    return rows.join(outputs)[list(SCHEMA.names)]


def score_rows(targets: pd.DataFrame, member: str, draws: Floats, kind: str) -> pd.DataFrame:
    """Scores of one member, a row a target.

    `residual` is the log of the figure over the median, `scale` the deviation that the central 80 %
    on the log scale speak of; both on log(1 + x). `covers_80` is whether the interval held,
    `passes_50000` whether the figure's rate per 30 days passed the threshold.
    """
    figure = targets["persons"].to_numpy(dtype=np.float64)
    quantiles = whole_quantiles(draws)
    logged = np.log1p(quantiles)
    low, high, width = EIGHTY
    days = targets["days"].to_numpy(dtype=np.float64)
    columns = {
        **_parts("wis", wis(figure, quantiles)),
        "crps": crps(figure, draws),
        **_parts("wis_log", wis(np.log1p(figure), logged)),
        "crps_log": crps(np.log1p(figure), np.log1p(draws)),
        **{f"covers_{level}": covered(figure, quantiles, level) for level in LEVELS},
        "pit": pit(figure, draws),
        "residual": np.log1p(figure) - logged[:, MEDIAN],
        "scale": (logged[:, high] - logged[:, low]) / width,
        **{f"brier_{at}": brier(figure, draws, days, at) for at in THRESHOLDS},
        **{f"passes_{at}": figure * DAYS_OF_MONTH / days > at for at in THRESHOLDS},
    }
    head = targets[CONTEXT].assign(member=member, kind=kind)
    return pd.concat([head, pd.DataFrame(columns, index=targets.index)], axis=1)


def track_record(targets: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """What a later forecast may learn from, once `target_published` has come.

    Columns: as_of, member, stream, horizon, score (CRPS on log(1 + x)), residual, scale, pit,
    pooled, event, kind, target_published. `target_published` is the day of the figure that was
    scored, so a figure revised later counts from its revision.
    """
    published = targets.set_index("report_id")
    stream = published[STREAM].agg("|".join, axis=1)
    kept = ["as_of", "member", "horizon", "residual", "scale", "pit", "pooled", "event", "kind"]
    return scores[kept].assign(
        stream=scores["report_id"].map(stream),
        score=scores["crps_log"],
        target_published=scores["report_id"].map(published["published"]),
    )


def _parts(name: str, score: Wis) -> dict[str, Floats]:
    return {
        name: score.total,
        f"{name}_dispersion": score.dispersion,
        f"{name}_over": score.over,
        f"{name}_under": score.under,
    }
