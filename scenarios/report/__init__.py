"""What a played scenario leaves in a folder: report.html, report.json, junit.xml, the events."""

from __future__ import annotations

import json
from pathlib import Path

from scenarios.report.junit import to_junit
from scenarios.report.page import render
from scenarios.results import RunResult
from wire.errors import SurroundingsError


def write(result: RunResult, folder: Path) -> Path:
    """Writes all files and returns the page's path; what stood there stays until all are written.

    Raises `SurroundingsError` when the folder cannot be written.
    """
    page = folder / "report.html"
    files = {
        page: render(result),
        folder / "report.json": json.dumps(result.to_json(), indent=1) + "\n",
        folder / "junit.xml": to_junit(result),
    }
    for run in result.runs:
        lines = "".join(f"{line}\n" for line in run.events)
        files[folder / f"events-{run.name}.jsonl"] = lines
    try:
        folder.mkdir(parents=True, exist_ok=True)
        drafts = {path: path.with_name(f".{path.name}.new") for path in files}
        for path, draft in drafts.items():
            draft.write_text(files[path], encoding="utf-8")
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        raise SurroundingsError(
            f"cannot write the report to {folder}: {error.strerror}"
        ) from None
    return page
