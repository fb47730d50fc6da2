"""Asking for forecasts, scenarios and backtests: answered at once, or by a job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from service.access.assumed import refuse_hidden
from service.access.audit import Deed, record_deeds
from service.api.answers import json_bytes
from service.api.bodies import as_model, documented, json_body
from service.api.deps import Asked, Id, Planner, Svc, asked, today
from service.api.examples import ATTACKS_DOUBLE
from service.api.hints import no_such_places
from service.api.made import made_before
from service.api.paging import YEARS
from service.api.routes.forecasts import tell
from service.api.routes.jobs import job_state
from service.api.stored import MayBeStale, find, refuse_stale
from service.backtests import BacktestRequest
from service.errors import Forbidden, TooMany
from service.forecasts import ForecastRequest
from service.projections import ScenarioRequest

if TYPE_CHECKING:
    from service.jobs.jobs import Job

router = APIRouter(prefix="/v1", tags=["jobs"])
Once = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,100}$",
        description="The same key with the same request is done once.",
    ),
]
Body = Annotated[Any, Depends(json_body)]
MOST_PLACES = 500
ACCEPTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer itself; Content-Location names it.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    202: {
        "description": "It is under way; Location names the job.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JobState"}}},
    },
}
SCENARIO = {"as_of": "2019-05-04", "scenarios": [ATTACKS_DOUBLE]}


class Plan(NamedTuple):
    """Who asks for what: a crisis, its caller, and whether it is to be done once."""

    asked: Asked
    once: str | None


def planned(request: Request, crisis_id: Id, key: Planner, service: Svc, once: Once = None) -> Plan:
    """The crisis of the path, asked of by who may plan."""
    return Plan(asked(request, crisis_id, key, service), once)


OfPlan = Annotated[Plan, Depends(planned)]


@router.post(
    "/crises/{crisis_id}/forecasts",
    status_code=202,
    responses=ACCEPTED,
    response_class=Response,
    openapi_extra=documented(ForecastRequest, {"as_of": "2019-05-04", "horizon": 3}, ["as_of"]),
)
def ask_forecast(
    request: Request, plan: OfPlan, body: Body, wanted: Annotated[MayBeStale, Query()]
) -> Response:
    """Ask for a forecast; `as_of` is today where it is left out.

    One made before of the same request from the same rows is answered at once, but for a request
    with an `Idempotency-Key`: it stands for one job.
    """
    found = as_model(ForecastRequest, _on_day(plan.asked, body))
    _allow(plan.asked, found)
    _refuse_stale(plan.asked, found.as_of, wanted.stale)
    if plan.once is None and (before := made_before(plan.asked, "forecast", found)) is not None:
        return _told_at_once(request, plan.asked, before.id, "forecast", "forecasts")
    return submit(plan, "forecast", found.model_dump(mode="json"))


@router.post(
    "/crises/{crisis_id}/scenarios",
    status_code=202,
    responses=ACCEPTED,
    response_class=Response,
    openapi_extra=documented(ScenarioRequest, SCENARIO, ["as_of"]),
)
def ask_scenario(
    request: Request, plan: OfPlan, body: Body, wanted: Annotated[MayBeStale, Query()]
) -> Response:
    """Ask what would be if: scenarios side by side on one fit.

    Each is an object, the text of a TOML file, or the name of one that comes with the crisis. On a
    fit that is kept warm, after another scenario of the same day, they are answered at once.
    """
    given = as_model(ScenarioRequest, _on_day(plan.asked, body))
    found = given.model_copy(update={"audience": plan.asked.key.audience})
    found = found.model_copy(update={"scenarios": _named(plan.asked.crisis_id, found.scenarios)})
    _allow(plan.asked, found)
    refuse_hidden(found.read(), plan.asked.disclosure)
    _refuse_stale(plan.asked, found.as_of, wanted.stale)
    if plan.once is None and (made := _projected(plan.asked, found)) is not None:
        return _told_at_once(request, plan.asked, made, "projection", "scenarios")
    return submit(plan, "scenario", found.model_dump(mode="json"))


@router.post(
    "/crises/{crisis_id}/backtests",
    status_code=202,
    responses={202: ACCEPTED[202]},
    response_class=Response,
    openapi_extra=documented(BacktestRequest, {"from": "2018-06", "to": "2019-04"}),
)
def ask_backtest(plan: OfPlan, body: Body) -> Response:
    """Ask how forecasts of past months would have done; for keys that are told all."""
    if not plan.asked.disclosure.policy.unlimited:
        raise Forbidden("a backtest speaks of single reports; it needs the audience restricted")
    found = as_model(BacktestRequest, body)
    return submit(plan, "backtest", found.model_dump(mode="json"))


def _on_day(asked: Asked, body: Any) -> Any:
    """The body with the latest day that the audience is told of, where it names none."""
    if not isinstance(body, dict) or "as_of" in body:
        return body
    day = asked.disclosure.latest(today(), today())
    return {"as_of": str(day), **body}


def _named(
    crisis_id: str, scenarios: Sequence[str | dict[str, Any]]
) -> tuple[str | dict[str, Any], ...]:
    """The scenarios, with the text in place of a name. Raises InputError for what is neither."""
    from forecast.scenario_folder import shipped

    known = shipped(crisis_id)
    findings = []
    for number, given in enumerate(scenarios, start=1):
        if isinstance(given, str) and given not in known and not _may_be_text(given):
            why = (
                "is neither the text of a TOML file nor the name of a scenario that comes with the "
                f"crisis{did_you_mean(given, known)}; those are: {listed(known) or 'none'}"
            )
            findings.append(Finding(f"scenario {number}", why, value=given))
    if findings:
        raise InputError(findings)
    return tuple(
        known[given].read_text("utf-8") if isinstance(given, str) and given in known else given
        for given in scenarios
    )


def _may_be_text(given: str) -> bool:
    """Whether a text may be TOML or JSON: both need a title, so one of these signs."""
    return "=" in given or given.lstrip().startswith("{")


def _allow(asked: Asked, wanted: ForecastRequest | ScenarioRequest) -> None:
    """Refuse what the audience may not ask, and what is too much. Raises InputError, Forbidden."""
    disclosure, as_of = asked.disclosure, wanted.as_of
    findings = no_such_places(disclosure, "places", wanted.places)
    if as_of > today() + timedelta(days=1):
        findings.append(Finding("as_of", "has not come yet; ask for today", value=str(as_of)))
    if as_of.year < YEARS.start:
        why = f"is before our time; ask for {YEARS.start} or later"
        findings.append(Finding("as_of", why, value=str(as_of)))
    if disclosure.embargoed(as_of, today()):
        last = disclosure.latest(as_of, today())
        why = f"is too recent for this key; ask for {last} or earlier"
        findings.append(Finding("as_of", why, value=str(as_of)))
    if wanted.draws > (most := asked.service.settings.most_draws):
        why = f"is more than this service makes; ask for {most:,} or fewer"
        findings.append(Finding("draws", why, value=str(wanted.draws)))
    if len(wanted.places) > MOST_PLACES:
        why = f"are {len(wanted.places):,} places; ask for {MOST_PLACES} or fewer"
        findings = [Finding("places", why)]
    if findings:
        raise InputError(findings)
    tuned = (wanted.draws, wanted.seed) != (2000, 1)
    if tuned and not disclosure.policy.unlimited:
        raise Forbidden("draws and seed are fixed for this audience: many runs undo rounding")


def _refuse_stale(asked: Asked, as_of: date, stale: str) -> None:
    """Raise Stale where a source is past its limit on the day and that was not asked for."""
    service, crisis_id = asked.service, asked.crisis_id
    if stale != "allow":
        refuse_stale(service, asked.key, crisis_id, as_of, service.stale(crisis_id, as_of))


def _projected(asked: Asked, wanted: ScenarioRequest) -> str | None:
    """The projection where the fit is warm; errors name no place that is not told of."""
    warm = asked.service.warm
    try:
        return None if warm is None else warm.ask(asked.crisis_id, wanted, asked.key.id)
    except InputError as error:
        vague = "does not fit the crisis, over a place that this key is not told of"
        raise InputError(
            [
                one if asked.disclosure.text(str(one)) else Finding("scenarios", vague)
                for one in error.findings
            ]
        ) from None


def _told_at_once(request: Request, asked: Asked, id_: str, kind: str, place: str) -> Response:
    service, key = asked.service, asked.key
    told = tell(request, service, key, find(service, key, id_, kind), "allow", json_bytes, "json")
    told.headers["Content-Location"] = f"/v1/{place}/{id_}"
    return told


def submit(plan: Plan, kind: str, request: dict[str, Any]) -> Response:
    """Have a job done for who asks: 202 with how far it is."""
    return accepted(plan.asked, queued(plan, kind, request))


def queued(plan: Plan, kind: str, request: dict[str, Any]) -> Job:
    """A job that is done for who asks. Raises TooMany where many of theirs wait."""
    service, key = plan.asked.service, plan.asked.key
    most = service.settings.most_jobs
    if service.jobs.unfinished(key.id) >= most:
        raise TooMany(f"{most} jobs of this key wait or run; wait for one, or end one", 30)
    id_ = service.jobs.submit(kind, plan.asked.crisis_id, request, key.id, plan.once)
    return service.jobs.job(id_)


def accepted(asked: Asked, job: Job) -> Response:
    """202 with how far a job is; that it was asked for stands in the log."""
    service, key = asked.service, asked.key
    subject = f"{asked.crisis_id}/{job.kind}/{job.id}"
    record_deeds(service.store, Deed(key.id, "ask", subject, asked.request_id, dict(job.request)))
    state = job_state(service, key, job)
    body = state.model_dump_json().encode()
    headers = {"Location": f"/v1/jobs/{job.id}"}
    return Response(body, 202, headers, "application/json")
