"""A played scenario as junit.xml: a suite per run, a case per step and per expectation."""

from __future__ import annotations

import re
from xml.etree import ElementTree as xml

from scenarios.results import RunResult

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _clean(text: str) -> str:
    """XML 1.0 (2.2) has no place for control characters, not even escaped."""
    return _NOT_XML.sub("\ufffd", text)


def to_junit(result: RunResult) -> str:
    """The document; times are seconds of the scenario's clock."""
    root = xml.Element("testsuites", name=result.scenario)
    for run in result.runs:
        suite = xml.SubElement(root, "testsuite", name=f"{result.scenario}.{run.name}")
        cases = [
            (
                f"step {step.index} {step.step} (line {step.line})",
                (step.until - step.at).total_seconds(),
                "" if step.passed else f"{step.result} {step.detail}".strip(),
            )
            for step in run.steps
            if step.step != "expect"
        ] + [
            (
                f"{seen.kind} {seen.subject} (line {seen.line})",
                seen.after_s or 0.0,
                "" if seen.passed else f"wanted {seen.wanted}, saw {seen.seen}",
            )
            for seen in run.expectations
        ]
        for name, seconds, failure in cases:
            case = xml.SubElement(
                suite,
                "testcase",
                classname=f"{result.scenario}.{run.name}",
                name=name,
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
    xml.indent(root)
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return _clean(head + xml.tostring(root, encoding="unicode") + "\n")
