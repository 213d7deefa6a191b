"""A played scenario as junit.xml: a suite per run, a case per step and per expectation."""

from __future__ import annotations

import re
from xml.etree import ElementTree as xml

from scenarios.playing.results import RunResult

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _clean(text: str) -> str:
    """XML 1.0 (2.2) has no place for control characters, not even escaped."""
    return _NOT_XML.sub("\ufffd", text)


def to_junit(*results: RunResult) -> str:
    """The document of one scenario, or of several; times are seconds of the scenario's clock."""
    root = xml.Element("testsuites", name=results[0].scenario)
    for result in results:
        _add_suites(root, result)
    xml.indent(root)
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return _clean(head + xml.tostring(root, encoding="unicode") + "\n")


def _add_suites(root: xml.Element, result: RunResult) -> None:
    name = result.full_name.replace("/", ".")
    for run in result.runs:
        suite = xml.SubElement(root, "testsuite", name=f"{name}.{run.name}")
        cases = [
            (
                f"step {step.index} {step.step} ({step.place})",
                (step.until - step.at).total_seconds(),
                "" if step.passed else f"{step.result} {step.detail}".strip(),
            )
            for step in run.steps
            if step.step != "expect"
        ] + [
            (
                f"{seen.kind} {seen.subject} ({seen.place})",
                seen.after_s or 0.0,
                "" if seen.passed else f"wanted {seen.wanted}, saw {seen.seen}",
            )
            for seen in run.expectations
        ]
        for title, seconds, failure in cases:
            case = xml.SubElement(
                suite,
                "testcase",
                classname=f"{name}.{run.name}",
                name=title,
                time=f"{seconds:.3f}",
            )
            if failure:
                xml.SubElement(case, "failure", message=failure)
        suite.set("tests", str(len(cases)))
        suite.set("failures", str(sum(bool(failure) for *_, failure in cases)))
        suite.set("errors", "0")
    if result.stopped:
        suite = root[-1]
        case = xml.SubElement(suite, "testcase", name="the whole run", time="0")
        xml.SubElement(case, "error", message=result.stopped)
        suite.set("tests", str(len(suite)))
        suite.set("errors", "1")
