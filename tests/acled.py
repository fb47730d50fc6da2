"""A crisis whose attacks are ACLED's weekly counts, which are not ours to ship.

    crisis = with_acled(load_crisis("nw-syria"), shared)     # `shared` is the fixture

Rows are weeks (Saturday to Friday) of a governorate and a kind; a week counts as published seven
days after its end.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.crisis import Crisis

SOURCE = "ACLED"
FILE = "attacks/acled_syria_admin1_weekly.csv"
DELAY_DAYS = 7
KINDS = {
    "Air/drone strike": "air_strike",
    "Shelling/artillery/missile attack": "shelling",
    "Government regains territory": "territory",
    "Armed clash": "battle",
    "Remote explosive/landmine/IED": "explosive",
    "Attack": "against_civilians",
}


def with_acled(crisis: Crisis, shared_dir: Path) -> Crisis:
    """The crisis with ACLED as its one source of attacks."""
    attacks = acled_attacks(shared_dir)
    places = crisis.places.frame.index
    last = crisis.attacks["end"].max()
    attacks = attacks[attacks["place_id"].isin(places) & (attacks["end"] <= last)]
    sources = crisis.sources
    of_acled = {"delay_days": float(DELAY_DAYS), "basis": "assumed", "max_age_days": 30.0}
    sources = pd.concat([sources, pd.DataFrame([of_acled], index=[SOURCE])])
    return replace(
        crisis,
        attack_source=SOURCE,
        attacks=attacks.sort_values(["published", "start", "end", "line"], ignore_index=True),
        sources=sources,
    )


def acled_attacks(shared_dir: Path) -> pd.DataFrame:
    """ACLED's weekly rows of the kinds we know, in the columns of a crisis's attacks."""
    rows = pd.read_csv(shared_dir / FILE, parse_dates=["week_start", "week_end"])
    rows["kind"] = rows["sub_event_type"].map(KINDS)
    rows = rows[rows["kind"].notna()]
    return pd.DataFrame(
        {
            "start": rows["week_start"].astype("datetime64[us]"),
            "end": rows["week_end"].astype("datetime64[us]"),
            "place_id": rows["admin1_pcode"].astype(str),
            "kind": rows["kind"].astype(str),
            "events": rows["events"].astype(np.float64),
            "fatalities": rows["fatalities"].astype(np.float64),
            "civilians_killed": np.nan,
            "source": SOURCE,
            "published": (rows["week_end"] + pd.Timedelta(days=DELAY_DAYS)).astype(
                "datetime64[us]"
            ),
            "published_assumed": True,
            "target": "",
            "line": rows.index + 2,
        }
    )
