"""Examples of answers for the OpenAPI document, by the schema of an answer or by its path."""

from __future__ import annotations

from typing import Any

KEY, AT = "21c10d5b6891", "2019-05-05T06:00:00Z"
FORECAST_ID, JOB_ID = "8bc7d70398b05da49a14044c698bfec0", "2c599a4aed1c4f748f9e46d2f0b3e54f"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
TICK = "monday@2019-05-06T04:00:00Z"
ATTACKS_DOUBLE = {"title": "Attacks double", "attacks": [{"from": 1, "multiply": 2.0}]}
CRISIS = {"id": "nw-syria", "title": "North-west Syria", "recorded": AT}
JOB = {
    "id": JOB_ID, "kind": "forecast", "crisis_id": "nw-syria",
    "request": {"as_of": "2019-05-04", "horizon": 3}, "status": "done", "progress": 1.0,
    "step": "done", "result": f"/v1/forecasts/{FORECAST_ID}", "error": None,
    "created": AT, "started": AT, "ended": AT,
}  # fmt: skip
HEAD = {
    "id": FORECAST_ID, "kind": "forecast", "crisis_id": "nw-syria", "as_of": "2019-05-04",
    "created": AT, "recorded": AT, "request": {"as_of": "2019-05-04", "horizon": 3},
    "models": {"pool": "1", "flow_state": "1", "attack_paths": "2"}, "nuzuh": "0.1.0",
    "fingerprint": SHA256,
}  # fmt: skip
KEY_SHOWN = {
    "id": KEY, "name": "Planning team", "scopes": ["read", "plan"], "audience": "partner",
    "created": AT, "expires": None, "revoked": None,
}  # fmt: skip
SCHEDULE = {
    "id": "monday", "schedule": {"cron": "0 7 * * 1", "crisis_id": "nw-syria"}, "version": 1,
    "paused": False, "author": KEY, "created": AT, "next": "2019-05-06T04:00:00Z",
}  # fmt: skip
SHOWN_TICK = {
    "tick": TICK, "schedule": "monday", "crisis_id": "nw-syria", "audience": "restricted",
    "as_of": "2019-05-05", "since": "2019-04-28", "state": "released", "author": KEY,
    "steps": [{"state": "released", "author": KEY, "created": AT, "reason": None}],
    "files": {"ar.pdf": SHA256}, "forecast": SHA256,
}  # fmt: skip
TRIGGER = {
    "id": "belt-50000", "crisis_id": "nw-syria", "state": "watch", "tested": True, "untested": "",
    "title": "50,000 arrivals in the border belt next month", "ready": True,
    "checked": "2019-05-05", "activated_on": None, "since": None, "because": None,
}  # fmt: skip
CHECK = {
    "as_of": "2019-05-05", "start": "2019-06-01", "end": "2019-06-30", "probability": 0.21,
    "observed": None, "state": "watch", "activates": False, "held_back": False,
}  # fmt: skip
DISTRIBUTION = {"mean": 61_200, "median": 52_000, "intervals": {"80": [17_000, 118_000]}}
QUANTILES = {"0.1": 17_000, "0.5": 52_000, "0.9": 118_000}
LEAD = {
    "audience": "restricted", "stale": [], "as_of": "2019-05-04",
    "scale": "movements as OCHA IDP Task Force would publish them; repeats counted",
}  # fmt: skip
FORECAST = {
    "id": FORECAST_ID, **LEAD, "kind": "forecast", "step": "month",
    "periods": [
        {"horizon": 1, "label": "June 2019", "start": "2019-06-01", "end": "2019-06-30"},
    ],
    "places": [
        {
            "location": "SY07", "name": "Idleb", "level": "admin1",
            "arrivals": {
                "direction": "destination",
                "periods": [
                    {
                        "horizon": 1, "mean": 61_200, "quantiles": QUANTILES,
                        "exceedance": {"100000": 0.1395}, "persons": DISTRIBUTION,
                    }
                ],
            },
        }
    ],
}  # fmt: skip
PROJECTION = {
    "id": FORECAST_ID, **LEAD, "kind": "projection",
    "scenarios": [
        {
            "title": "Attacks double",
            "results": [
                {
                    "measure": "arrivals", "location": "SY07", "first": 1, "last": 1,
                    "baseline": DISTRIBUTION, "scenario": DISTRIBUTION, "difference": DISTRIBUTION,
                    "probability_above_baseline": 0.97,
                }
            ],
        }
    ],
}  # fmt: skip


def _rows(**row: Any) -> dict[str, Any]:
    shown = {**row, "entry": 1, "status": "present"}
    return {"rows": [shown], "next": None, "as_of": "2019-06-30", "recorded": AT}


REPORT = {
    "start": "2019-05-01", "end": "2019-05-31", "measure": "arrivals", "place_id": "SY07",
    "direction": "destination", "persons": 12_000, "source": "ISMI", "published": "2019-06-20",
}  # fmt: skip
BY_SCHEMA: dict[str, Any] = {
    "Alive": {"alive": True},
    "AuditPage": {
        "lines": [
            {
                "entry": 16, "at": AT, "author": KEY, "action": "read",
                "subject": f"nw-syria/forecast/{FORECAST_ID}", "request_id": JOB_ID,
                "detail": {"format": "csv", "audience": "restricted", "query": {"place": "SY07"}},
            }
        ],
        "next": 16,
    },
    "Crises": {"crises": [CRISIS]},
    "CrisisFacts": {
        **CRISIS, "focus": "SY-NW", "border_belt": ["SY070301", "SY070302"],
        "reference": "OCHA IDP Task Force", "attack_source": "UCDP GED", "family_size": 6.23,
        "family_size_source": "SIC, April 2019", "repeat_factor": 1.63,
        "repeat_factor_source": "ISMI, January and February 2019",
        "disclosure": {
            "audience": "partner", "finest": "admin3", "smallest": 5, "rounding": 10,
            "embargo_days": 0,
        },
    },
    "Heads": {"answers": [HEAD], "next": None},
    "History": {
        "ticks": [
            {
                **SHOWN_TICK,
                "letters": [
                    {
                        "event": "released", "recipient": "email:me@ngo.org", "outcome": "sent",
                        "attempt": 1, "created": AT, "reason": None, "again": None,
                    }
                ],
            }
        ]
    },
    "JobState": JOB,
    "JobsList": {"jobs": [JOB], "next": None},
    "KeyMade": {**KEY_SHOWN, "key": f"nzh_{KEY}_…"},
    "KeyShown": {**KEY_SHOWN, "revoked": AT},
    "Keys": {"keys": [KEY_SHOWN]},
    "Ledger": {
        "entries": [
            {
                "scenario_id": FORECAST_ID, "title": "Attacks double", "author": KEY,
                "as_of": "2019-05-04", "created": AT, "assumptions": ["attacks × 2 from month 1"],
                "verdict": "not met", "why": ["attacks were ×1.2 of those of the forecast"],
                "came": [],
            }
        ],
        "next": None,
    },
    "Ready": {
        "database": "sqlite", "migration": "0004", "waiting_jobs": 0,
        "stale": {"nw-syria": ["UCDP GED"]},
    },
    "Releases": {"releases": [SHOWN_TICK]},
    "ScheduleShown": SCHEDULE,
    "Schedules": {"schedules": [SCHEDULE]},
    "Sources": {
        "as_of": "2019-05-05", "reference": "OCHA IDP Task Force",
        "bias_from": {"forecast_id": FORECAST_ID, "as_of": "2019-05-04"},
        "sources": [
            {
                "source": "ISMI", "what": "reports", "delay_days": 28.0, "basis": "measured",
                "max_age_days": 119.0, "rows": 214, "data_through": "2019-03-31",
                "published": "2019-04-30", "age_days": 35, "stale": False, "bias_note": None,
                "bias": [
                    {
                        "measure": "arrivals", "flow": "arrivals", "reports": 65, "factor": 0.58,
                        "low_80": 0.46, "high_80": 0.74,
                    }
                ],
            }
        ],
    },
    "Taken": {
        "intake": 2, "added": 1, "changed": 0, "unchanged": 0, "rejected": [],
        "rejected_left_out": 0, "warnings_left_out": 0,
        "warnings": [
            {
                "file": "displacement.csv", "line": 1, "column": "persons", "value": "12000",
                "why": "is less than its 1 parts together (171308)",
            }
        ],
    },
    "TickShown": SHOWN_TICK,
    "TriggerHead": TRIGGER,
    "TriggerHistory": {"checks": [CHECK], "alarms": []},
    "Triggers": {"triggers": [TRIGGER]},
    "Verdict": {
        "verified": False, "outlooks": [],
        "note": "releases to restricted were not looked at: they need a key of that audience",
    },
}  # fmt: skip
BY_PATH: dict[str, Any] = {
    "/v1/crises/{crisis_id}/places": _rows(
        place_id="SY07", name="Idleb", parent_id="SY-NW", level="admin1", lat=35.9, lon=36.6
    ),
    "/v1/crises/{crisis_id}/reports": _rows(**REPORT),
    "/v1/crises/{crisis_id}/attacks": _rows(
        start="2019-05-04", end="2019-05-04", place_id="SY07", kind="lethal", events=3,
        fatalities=None, source="UCDP GED", published="2019-05-11",
    ),
    "/v1/crises/{crisis_id}/agreements": _rows(
        announced="2017-05-04", effective="2017-05-06", collapsed=None, kind="de_escalation",
        place_id="SY-NW", title="Astana memorandum on de-escalation areas",
    ),
    "/v1/crises/{crisis_id}/history": {
        "rows": [{**REPORT, "entry": 1, "status": "present", "recorded": AT, "reason": ""}],
        "next": None,
    },
    "/v1/forecasts/{forecast_id}": FORECAST,
    "/v1/crises/{crisis_id}/forecasts": FORECAST,
    "/v1/forecasts/{forecast_id}/exceedance": {
        "id": FORECAST_ID, **LEAD, "kind": "forecast",
        "exceedance": [
            {
                "location": "SY07", "measure": "arrivals", "horizon": 1, "over": 100_000.0,
                "probability": 0.1395, "low": 0.1395, "high": 0.1395, "status": "present",
            }
        ],
    },
    "/v1/scenarios/{scenario_id}": PROJECTION,
    "/v1/crises/{crisis_id}/scenarios": PROJECTION,
}  # fmt: skip


def exemplify(path: str, operation: dict[str, Any]) -> None:
    """Put an example beside the schema of every answer in JSON that has one here."""
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json")
        if status.startswith("2") and content is not None:
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            example = BY_SCHEMA.get(name) or BY_PATH.get(path)
            if example is not None:
                content["example"] = example
