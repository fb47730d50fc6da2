"""`nuzuh reconcile`: past weeks as all sources together tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.commands.checks import Checks, refuse_unknown
from service.commands.options import (
    AsOfOption,
    CrisisOption,
    DrawsOption,
    Format,
    FormatOption,
    OutOption,
    SeedOption,
)
from service.emit import emit, progress, warn

if TYPE_CHECKING:
    from forecast.reconcile import Reconciled


def reconcile(
    crisis: CrisisOption,
    as_of: AsOfOption,
    draws: DrawsOption = 2000,
    seed: SeedOption = 1,
    format_: FormatOption = Format.table,
    out: OutOption = None,
) -> None:
    """Bring contradicting reports to one weekly series, with each source's bias factor.

    csv and parquet have one row a figure: kind `reconciled` holds weekly movements on the scale of
    the reference source, kind `factor` what a source (or one of its streams, where a location is
    given) publishes over the reference.

    Example:

      nuzuh reconcile --crisis nw-syria --as-of 2019-05-04
    """
    checks = Checks()
    day = checks.day(as_of)
    checks.sampling(draws, seed)
    checks.out(out, format_)
    checks.done()
    from features.crisis import load_crisis
    from forecast.reconcile import reconcile as reconciled

    with progress("reading and fitting"):
        situation = load_crisis(crisis)
        refuse_unknown(situation, day)
        found = reconciled(situation, day, draws=draws, seed=seed)
    warn([*situation.notes, *found.warnings])
    emit(_written(found, format_), out)


def _written(found: Reconciled, format_: Format) -> bytes:
    from forecast import export_reconciled as export
    from forecast.export import to_csv, to_json
    from service.tables import reconciled_table
    from service.version import nuzuh_version

    if format_ is Format.table:
        return reconciled_table(found).encode()
    if format_ is Format.json:
        return to_json(export.document(found, nuzuh_version()))
    rows = export.rows(found)
    return to_csv(rows) if format_ is Format.csv else export.to_parquet(rows)
