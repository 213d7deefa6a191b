"""One error root; the classes say who must act."""


class SimError(Exception):
    """Root of every error that dsmrlab raises; its text is written for the user."""


class WireError(SimError):
    """The peer's bytes break a rule.

    `offset` is where, in bytes from the start of what was decoded; `rule` is what they break.
    """

    def __init__(self, rule: str, offset: int | None = None) -> None:
        super().__init__(rule if offset is None else f"{rule} (at byte {offset})")
        self.rule = rule
        self.offset = offset


class SecurityError(WireError):
    """A frame does not verify: wrong tag, key, counter or kind of protection."""


class LocalError(SimError):
    """Our own code asked for something that the protocol does not allow now."""


class PeerRefused(SimError):
    """The peer answered correctly, and the answer is no; `result` keeps its code."""

    def __init__(self, what: str, result: int | None = None) -> None:
        super().__init__(what)
        self.result = result


class TransportError(SimError):
    """The peer could not be reached, fell silent or hung up; trying again may help."""


class SurroundingsError(SimError):
    """Something around us is missing or taken: a port, a database, a permission."""


class ConfigError(SimError):
    """A person's file or argument cannot be used: where (file:line:column) and why."""

    def __init__(
        self,
        why: str,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(f"{place}: {why}" if place else why)
        self.why = why
        self.file = file
        self.line = line
        self.column = column


class ScenarioError(ConfigError):
    """A scenario file cannot be played."""
