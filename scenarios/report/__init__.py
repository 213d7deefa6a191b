"""What played scenarios leave in a folder: report.html, report.json, junit.xml, the events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from scenarios.playing.results import RunResult
from scenarios.report.index import Summary, render_index
from scenarios.report.junit import to_junit
from scenarios.report.page import render
from scenarios.report.spreadsheet import to_csv
from wire.errors import SurroundingsError

PAGE = "report.html"


def write(result: RunResult, folder: Path) -> Path:
    """Writes all files of a scenario and returns the page's path.

    What stood there stays until all are written. Raises `SurroundingsError` when the folder
    cannot be written.
    """
    files = {
        PAGE: render(result),
        "report.json": json.dumps(result.to_json(), indent=1) + "\n",
        "junit.xml": to_junit(result),
    }
    for run in result.runs:
        lines = "".join(f"{line}\n" for line in run.events)
        files[f"events-{run.name}.jsonl"] = lines
    return _put(folder, files)


def write_index(summary: Summary, folder: Path) -> Path:
    """The same of several that were played together; a matrix has its results.csv too."""
    results = [each.result for each in summary.ended]
    document = {
        "passed": summary.passed,
        "results": [
            {**result.to_json(), "report": page}
            for result, page in zip(results, summary.pages, strict=True)
        ],
    }
    files = {
        PAGE: render_index(summary),
        "report.json": json.dumps(document, indent=1) + "\n",
        "junit.xml": to_junit(*results),
    }
    if summary.axes:
        files["results.csv"] = to_csv(summary)
    return _put(folder, files)


def _put(folder: Path, files: Mapping[str, str]) -> Path:
    drafts = {folder / name: folder / f".{name}.new" for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, draft in drafts.items():
            draft.write_text(files[path.name], encoding="utf-8")
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        raise SurroundingsError(
            f"cannot write the report to {folder}: {error.strerror}"
        ) from None
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()
    return folder / PAGE
