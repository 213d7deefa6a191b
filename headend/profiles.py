"""Reading a profile (class 7, profile generic): by range, its rows with times and units.

Blue Book ed. 10, 4.3.6 (P3, 5.5, note 5): the range is closed at both ends, a null in a row
stands for what the row before had, the clock's for one capture period later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from headend import rendering
from headend.dlms.engine import Engine
from headend.store.readings import Register
from headend.visit import Measured
from wire.cosem.rows import Standard
from wire.cosem.table import find
from wire.dlms import axdr
from wire.dlms.axdr import Data, Tag
from wire.dlms.descriptors import AttributeDescriptor, DataAccessResult, Selection
from wire.errors import ConfigError, PeerRefused, WireError
from wire.instants import SUMMER, WINTER, encode_date_time, is_summer, local
from wire.obis import Obis
from wire.quantities import ScalerUnit

_CLOCK = Obis.parse("0-0:1.0.0")
_BY_RANGE = 1
_BUFFER, _CAPTURE_OBJECTS, _CAPTURE_PERIOD = 2, 3, 4
_REGISTERS = (3, 4)
_EXTENDED_REGISTER, _CAPTURE_TIME = 4, 5
# DNV, a bit of the AMR profile status (P3, 4.2.5).
_NOT_VALID = 0x04
_MAX_COLUMNS = 64
_DAY_S = 86_400
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_END = datetime(2099, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Column:
    """A captured attribute; `name` as the table has it, else its code."""

    source: AttributeDescriptor
    name: str

    @property
    def is_clock(self) -> bool:
        """Whether the column is the time of the row."""
        return self.source.class_id == 8 and self.source.attribute == 2

    @property
    def is_status(self) -> bool:
        """Whether the column is the AMR profile status: 0-b:96.10.x."""
        return (
            self.source.class_id == 1
            and self.source.obis.octets[0] == 0
            and self.source.obis.octets[2:4] == b"\x60\x0a"
        )


def by_range(begin: datetime | None, end: datetime | None) -> Selection | None:
    """Selects the rows from `begin` to `end`, both included; None for all rows."""
    if begin is None and end is None:
        return None
    begin, end = begin or _BEGINNING, end or _END
    if end < begin:
        raise ConfigError(f"the range ends, at {rendering.iso(end)}, before it begins")
    restricting = axdr.structure(
        axdr.long_unsigned(8),
        axdr.octet_string(_CLOCK.octets),
        axdr.integer(2),
        axdr.long_unsigned(0),
    )
    return Selection(
        _BY_RANGE,
        axdr.structure(
            restricting,
            axdr.octet_string(encode_date_time(begin)),
            axdr.octet_string(encode_date_time(end)),
            axdr.array(()),
        ),
    )


@dataclass(frozen=True, slots=True)
class Table:
    """A profile that was read: its columns, the scaler and unit of each, and its rows.

    A row is its time, None in a profile without a clock, and a value for each column.
    """

    columns: Sequence[Column]
    quantities: Sequence[ScalerUnit | None]
    rows: Sequence[tuple[datetime | None, Sequence[Data]]]

    def to_json(self) -> dict[str, Any]:
        """`columns` (name, object, scaler, unit) and `rows` (time, status, values).

        A row's `values` are in the order of `columns`, which leaves out clock and status.
        """
        captured = [
            number
            for number, column in enumerate(self.columns)
            if not column.is_clock and not column.is_status
        ]
        return {
            "columns": [
                _describe(self.columns[number], self.quantities[number])
                for number in captured
            ],
            "rows": [
                _show(time, row, self.columns, captured) for time, row in self.rows
            ],
        }

    def measured(self) -> Iterator[Measured]:
        """Every number with a unit, at the time of its row and with the row's status.

        A meter of another kind, whose value was captured before (class 4), has it at the
        time that stands beside it; without one it is nobody's reading. A row that is not valid
        may repeat the one before: that says nothing of the reading that was.
        """
        status = [n for n, column in enumerate(self.columns) if column.is_status]
        for number, (column, quantity) in enumerate(
            zip(self.columns, self.quantities, strict=True)
        ):
            if quantity is None:
                continue
            source = column.source
            register = Register(
                source.class_id,
                str(source.obis),
                source.attribute,
                quantity.scaler,
                quantity.unit,
            )
            captured = self._capture_time(source)
            for time, row in self.rows:
                at = (
                    time if captured is None else rendering.instant(row[captured].value)
                )
                value = row[number].value
                flags = row[status[0]].value if status else None
                if status and type(flags) is not int:
                    continue
                if at is None or _repeats(time, at, flags):
                    continue
                if type(value) is int:
                    yield Measured(register, int(at.timestamp()), value, flags)

    def _capture_time(self, source: AttributeDescriptor) -> int | None:
        """The column that has the capture time of an extended register, if one has."""
        if source.class_id != _EXTENDED_REGISTER:
            return None
        wanted = AttributeDescriptor(source.class_id, source.obis, _CAPTURE_TIME)
        for number, column in enumerate(self.columns):
            if column.source == wanted:
                return number
        return None


def _repeats(time: datetime | None, at: datetime, flags: int | None) -> bool:
    """Whether a row has a reading of before, because none came in its own period."""
    return time is not None and at < time and bool((flags or 0) & _NOT_VALID)


async def read(
    meter: Engine,
    standard: Standard | str,
    buffer: AttributeDescriptor,
    begin: datetime | None = None,
    end: datetime | None = None,
) -> Table:
    """The rows from `begin` to `end`, both included; a row outside of them is dropped."""
    selection = by_range(begin, end)
    columns, period_s = await _layout(meter, standard, buffer)
    quantities = await _quantities(meter, columns)
    rows = _rows(await meter.get(buffer, selection), columns, period_s)
    return Table(
        columns,
        quantities,
        [
            (time, row)
            for time, row in rows
            if time is None
            or (begin is None or begin <= time)
            and (end is None or time <= end)
        ],
    )


async def _layout(
    meter: Engine, standard: Standard | str, buffer: AttributeDescriptor
) -> tuple[list[Column], int]:
    listed, period = await meter.get_list(
        [
            (AttributeDescriptor(buffer.class_id, buffer.obis, number), None)
            for number in (_CAPTURE_OBJECTS, _CAPTURE_PERIOD)
        ]
    )
    if isinstance(listed, DataAccessResult):
        raise PeerRefused("the meter does not tell what its profile captures", listed)
    if listed.tag is not Tag.ARRAY or len(listed.value) > _MAX_COLUMNS:
        raise WireError("the profile's capture_objects are not a list of columns")
    period_s = period.value if isinstance(period, Data) else 0
    if not isinstance(period_s, int):
        raise WireError("the profile's capture_period is not a number")
    return [_column(item, standard) for item in listed.value], period_s


def _column(item: Data, standard: Standard | str) -> Column:
    match axdr.plain(item):
        case [int(class_id), bytes(code), int(attribute), int()] if len(code) == 6:
            source = AttributeDescriptor(class_id, Obis(code), attribute)
        case _:
            raise WireError("a capture_object is not a class, a code and an attribute")
    row = find(f"{class_id}/{source.obis}", standard)
    return Column(source, row.name if row.attributes else source.obis.short)


async def _quantities(
    meter: Engine, columns: Sequence[Column]
) -> list[ScalerUnit | None]:
    """The scaler and unit of each column, asked of the meter itself."""
    registers = [
        number
        for number, column in enumerate(columns)
        if column.source.class_id in _REGISTERS and column.source.attribute == 2
    ]
    answers = await meter.get_list(
        [
            (
                AttributeDescriptor(
                    columns[number].source.class_id, columns[number].source.obis, 3
                ),
                None,
            )
            for number in registers
        ]
    )
    found: list[ScalerUnit | None] = [None] * len(columns)
    for number, answer in zip(registers, answers, strict=True):
        found[number] = rendering.scaler_unit_of(answer)
    return found


def _rows(
    data: Data, columns: Sequence[Column], period_s: int
) -> list[tuple[datetime | None, list[Data]]]:
    """The rows with their times, nulls filled in."""
    if data.tag is not Tag.ARRAY:
        raise WireError("the profile's buffer is not an array")
    rows: list[tuple[datetime | None, list[Data]]] = []
    time: datetime | None = None
    before: list[Data] = []
    for item in data.value:
        if item.tag is not Tag.STRUCTURE or len(item.value) != len(columns):
            raise WireError("a row of the profile has not one value for each column")
        row = [
            before[number] if before and cell.tag is Tag.NULL_DATA else cell
            for number, cell in enumerate(item.value)
        ]
        for cell, column in zip(item.value, columns):
            if column.is_clock:
                time = _row_time(cell, time, period_s)
        rows.append((time, row))
        before = row
    return rows


def _row_time(cell: Data, before: datetime | None, period_s: int) -> datetime:
    """The time of a row; a null stands for one period after the row before.

    Raises `WireError` for a time that is not specified.
    """
    if cell.tag is not Tag.NULL_DATA:
        time = rendering.instant(cell.value)
        if time is None:
            raise WireError("the time of a row is not specified, or is none")
        return time
    if before is None:
        raise WireError("the first row of the profile has no time")
    try:
        if period_s % _DAY_S:
            return before + timedelta(seconds=period_s)
        # Days, and months, are those of Dutch clocks: one may have 23 or 25 hours.
        civil = local(before).replace(tzinfo=None)
        if period_s:
            civil += timedelta(seconds=period_s)
        else:
            month = civil.month % 12 + 1
            civil = civil.replace(year=civil.year + (month == 1), month=month)
        summer, winter = civil.replace(tzinfo=SUMMER), civil.replace(tzinfo=WINTER)
        return (summer if is_summer(summer) else winter).astimezone(UTC)
    except (OverflowError, ValueError):
        raise WireError("the profile's times go past the last year") from None


def _describe(column: Column, quantity: ScalerUnit | None) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.name,
        "object": str(column.source.obis),
        "attribute": column.source.attribute,
    }
    if quantity is not None:
        described |= {"scaler": quantity.scaler, "unit": quantity.unit.symbol}
    return described


def _show(
    time: datetime | None,
    row: Sequence[Data],
    columns: Sequence[Column],
    captured: Sequence[int],
) -> dict[str, Any]:
    status = [
        axdr.to_json(cell) for cell, column in zip(row, columns) if column.is_status
    ]
    return {
        "time": None if time is None else rendering.iso(time),
        "status": status[0] if status else None,
        "values": [_cell(row[number], columns[number]) for number in captured],
    }


def _cell(cell: Data, column: Column) -> Any:
    if column.source.class_id == 4 and column.source.attribute == 5:
        time = rendering.instant(cell.value)
        if time is not None:
            return rendering.iso(time)
    return axdr.to_json(cell)
