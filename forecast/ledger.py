"""The ledger: every scenario that was run, what it assumed and what it said, a JSON file each."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from features.crisis import CRISES, Crisis, bundled
from features.errors import Finding, InputError
from forecast.export import LEVELS
from forecast.result import QUANTILES, Forecast
from forecast.scenario_compare import KIND, Compared
from forecast.situation import DIRECTIONS, reference_stream
from forecast.whatif import Projection, WhatIf

FOLDER = "ledger"
KEYS = ("title", "author", "as_of", "crisis", "condition", "results")
Entry = Mapping[str, Any]


def entry_of(
    what_if: WhatIf, projection: Projection, figures: Iterable[Compared], version: str
) -> dict[str, Any]:
    """What the ledger keeps of a projection and its figures; `version` is nuzuh's."""
    baseline, scenario = what_if.baseline, projection.scenario
    kept = {
        "title": scenario.title,
        "author": scenario.author,
        "note": scenario.note,
        "access": scenario.access,
        "kind": KIND,
        "crisis": baseline.crisis.id,
        "as_of": f"{baseline.as_of:%Y-%m-%d}",
        "horizon": len(baseline.periods),
        "nuzuh": version,
        "models": dict(baseline.models),
        "draws": int(baseline.draws["arrivals"].sizes["draw"]),
        "seed": baseline.seed,
        "assumptions": list(projection.assumptions),
        "scenario": scenario.document(),
        "condition": _condition(baseline, projection),
        "results": list(_results(what_if, figures)),
    }
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return {**kept, "fingerprint": hashlib.sha256(text.encode()).hexdigest()}


def keep(folder: Path, entry: Entry) -> tuple[Path, bool]:
    """Write an entry into the ledger; nothing there is ever overwritten.

    Gives the file, and whether it is new: the same run again is the same entry. Raises InputError
    where the folder cannot be written to.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", str(entry["title"]).lower()).strip("-")[:40] or "scenario"
    path = folder / f"{entry['as_of']}_{slug}_{entry['fingerprint'][:12]}.json"
    text = json.dumps({**entry, "recorded": date.today().isoformat()}, ensure_ascii=False, indent=1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except FileExistsError:
        return path, False
    except OSError as error:
        why = f"cannot be written: {error.strerror}; choose another folder"
        raise InputError(Finding("--ledger", why, value=str(folder))) from None
    return path, True


def shipped_ledger(crisis: str) -> Path:
    """The ledger that comes with a bundled crisis or lies in a crisis folder."""
    return (CRISES / crisis if crisis in bundled() else Path(crisis)) / FOLDER


def read_ledger(folder: Path, crisis: Crisis) -> list[Entry]:
    """The entries of a crisis in the order of their days.

    Raises InputError naming every file that is no entry.
    """
    if not folder.is_dir():
        raise InputError(Finding("--ledger", "there is no such folder", value=str(folder)))
    entries, findings = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            findings.append(Finding(str(path), f"is no JSON ({error}); take it out"))
            continue
        missing = [key for key in KEYS if not isinstance(entry, dict) or key not in entry]
        if missing:
            why = f"is no entry of a ledger, it lacks {', '.join(missing)}; take it out"
            findings.append(Finding(str(path), why))
        elif entry["crisis"] == crisis.id:
            entries.append(entry)
    if findings:
        raise InputError(findings)
    return sorted(entries, key=lambda entry: (entry["as_of"], entry["title"]))


def _condition(baseline: Forecast, projection: Projection) -> dict[str, Any]:
    """What must have come true of attacks and agreements; `scenario` tells of the other clauses."""
    scenario = projection.scenario
    found: dict[str, Any] = {}
    if scenario.attacks or scenario.regimes:
        found["attacks"] = list(_assumed(baseline, projection))
    found["agreements"] = [
        {"date": f"{each.date}", "probability": each.probability, "place": each.place}
        for each in scenario.agreement
    ]
    return found


def _assumed(baseline: Forecast, projection: Projection) -> Iterator[dict[str, Any]]:
    """Mean weekly intensity assumed, of each cell over the periods in which it is changed."""
    ours = projection.intensity.transpose("draw", "period", "place")
    base = baseline.intensity.transpose("draw", "period", "place")
    changed = np.asarray((ours.to_numpy() != base.to_numpy()).any(axis=0))
    for at, cell in enumerate(ours["place"].to_numpy()):
        periods = np.flatnonzero(changed[:, at])
        if len(periods):
            steps = baseline.periods.iloc[periods]
            mean = ours.to_numpy()[:, periods, at].mean(axis=1)
            yield {
                "cell": str(cell),
                "start": f"{steps['start'].iloc[0]:%Y-%m-%d}",
                "end": f"{steps['end'].iloc[-1]:%Y-%m-%d}",
                "intensity": round(float(np.median(mean)), 3),
            }


def _results(what_if: WhatIf, figures: Iterable[Compared]) -> Iterator[dict[str, Any]]:
    baseline = what_if.baseline
    panel = what_if.situation.panel
    streams = {flow: reference_stream(panel, flow) for flow in DIRECTIONS}
    for one in figures:
        if one.measure not in streams:
            continue
        measure, direction = streams[one.measure]
        report = {
            "source": panel.crisis.reference,
            "measure": measure,
            "place_id": one.place,
            "direction": direction,
            "start": f"{baseline.periods['start'].iloc[one.first - 1]:%Y-%m-%d}",
            "end": f"{baseline.periods['end'].iloc[one.last - 1]:%Y-%m-%d}",
        }
        yield {
            "reports": [report],
            "quantiles": quantiles_of(one.scenario),
            "baseline": quantiles_of(one.baseline),
        }


def quantiles_of(draws: np.ndarray) -> dict[str, int]:
    """Quantiles in whole people by their levels."""
    values = np.rint(np.quantile(draws, QUANTILES)).astype(int).tolist()
    return dict(zip(LEVELS, values, strict=True))
