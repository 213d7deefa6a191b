"""Several operations in one association; what was answered is not asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headend.operations.plan import Operation, OutcomeUnknown, Plan, only
from headend.visit import Visit
from wire.cosem.rows import Standard
from wire.errors import ConfigError, PeerRefused, SimError, TransportError

_MOST = 100
_UNKNOWN = "it was broken off and the meter may have done it: look before asking again"


def preparing(
    prepare: Callable[[str, Standard | str, Mapping[str, Any]], Plan],
    named: Callable[[str], Operation],
) -> Callable[[Standard | str, Mapping[str, Any]], Plan]:
    """The bundle of the operations that these two find."""

    def prepare_bundle(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
        """`operations`, a list of {operation, arguments}, done in that order.

        The result has for each its `result`, or its `error`, and `refused` with the code of
        a meter that refused it; a refusal does not keep the others from being done.
        """
        parts = _parts(only(arguments, {"operations"}, set())["operations"])
        plans = []
        for place, (operation, given) in enumerate(parts, 1):
            try:
                if named(operation).alone:
                    raise ConfigError(f"{operation} is a job of its own")
                plans.append(prepare(operation, standard, given))
            except ConfigError as error:
                raise ConfigError(f"operation {place}: {error.why}") from None

        async def run(visit: Visit) -> Any:
            answers, begun = _earlier(visit.progress)
            if begun:
                # It was sent, or was about to be, when the process went away.
                answers.append({"error": _UNKNOWN})
            for (operation, _), plan in list(zip(parts, plans))[len(answers) :]:
                once = named(operation).once
                if once:
                    await visit.note({"answers": answers, "begun": True})
                try:
                    answers.append({"result": await plan(visit)})
                except PeerRefused as error:
                    answers.append({"error": str(error), "refused": error.result})
                except OutcomeUnknown as error:
                    answers.append({"error": str(error)})
                    await visit.note({"answers": answers})
                    if len(answers) < len(parts):
                        raise TransportError(str(error)) from None
                except SimError:
                    if answers:
                        await visit.note({"answers": answers})
                    raise
                if once:
                    await visit.note({"answers": answers})
            done = zip(parts, answers, strict=True)
            return {
                "operations": [{"operation": name} | told for (name, _), told in done]
            }

        return run

    return prepare_bundle


def _parts(written: Any) -> list[tuple[str, Mapping[str, Any]]]:
    if not isinstance(written, list) or not 0 < len(written) <= _MOST:
        raise ConfigError(f"operations is a list of 1 to {_MOST}")
    parts = []
    for place, part in enumerate(written, 1):
        if not isinstance(part, Mapping) or not isinstance(part.get("operation"), str):
            raise ConfigError(f"operation {place} has no name")
        given = part.get("arguments", {})
        if not isinstance(given, Mapping) or part.keys() - {"operation", "arguments"}:
            raise ConfigError(f"operation {place} has a name and arguments, no more")
        parts.append((part["operation"], given))
    return parts


def _earlier(progress: Any) -> tuple[list[Any], bool]:
    """The answers that earlier attempts had, and whether one more had begun."""
    if not isinstance(progress, Mapping):
        return [], False
    return list(progress.get("answers", [])), bool(progress.get("begun"))
