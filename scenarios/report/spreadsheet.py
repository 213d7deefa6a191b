"""The results of a matrix as CSV, for a spreadsheet: a row for each variant."""

from __future__ import annotations

import csv
from io import StringIO

from scenarios.language.matrix import shown
from scenarios.report.index import Summary


def to_csv(summary: Summary) -> str:
    """The variants in their order: passed, seed, all parameters, then all key figures.

    Those of the run that is judged have their own names, those of a run beside it its name
    before theirs (`none:max_pu`). What there is not is empty.
    """
    names = list(
        dict.fromkeys(name for each in summary.ended for name in each.result.parameters)
    )
    others = dict.fromkeys(
        run.name for each in summary.ended for run in each.result.runs[:-1]
    )
    kpis = [row.name for row in summary.kpis]
    beside = [f"{run}:{name}" for run in others for name in kpis]
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["variant", "passed", "stopped", "seed", *names, *kpis, *beside])
    for each in summary.ended:
        result = each.result
        figures = dict(result.kpis)
        for run in result.runs[:-1]:
            figures |= {f"{run.name}:{name}": value for name, value in run.kpis.items()}
        given = (result.parameters.get(name) for name in names)
        rows.writerow(
            [
                result.variant,
                shown(result.passed),
                result.stopped,
                result.seed,
                *("" if value is None else shown(value) for value in given),
                *(figures.get(name, "") for name in (*kpis, *beside)),
            ]
        )
    return text.getvalue()
