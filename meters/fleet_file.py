"""`fleet.yaml`: what it may say, and where it says it wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from meters.p2.identity import NO_KEY, DeviceIdentity, Fitting
from meters.p2.media import Medium
from wire.cosem.rows import Standard
from wire.errors import ConfigError, LocalError
from wire.mbus.headers import DsmrVersion

_Strict = ConfigDict(extra="forbid", frozen=True)


class DeviceEntry(BaseModel):
    """One M-Bus device of a meter.

    `version` is that of its Short ID: 64 for DSMR 4.0, 66 for 4.2, 80 for SMR 5. `address` is
    the one that a wired device comes with, 0 for one that is new.
    """

    model_config = _Strict

    equipment_id: Annotated[str, Field(pattern=r"^[ A-Za-z0-9]{5}[0-9]{12}$")]
    medium: Literal["gas", "water", "heat", "cold", "electricity"]
    size: Annotated[str, Field(max_length=16)] = ""
    link: Literal["wired", "wireless"] = "wired"
    version: Literal[0x40, 0x42, 0x50] = 0x40
    address: Annotated[int, Field(ge=0, le=250)] = 0
    valve: Literal["none", "locked", "released-by-hand", "opened-directly"] = "none"

    def identity(
        self, default_key: bytes = NO_KEY, user_key: bytes = NO_KEY
    ) -> DeviceIdentity:
        """The device that it is, with the keys of its shipment.

        Raises `LocalError` when there is no such device.
        """
        return DeviceIdentity(
            equipment_id=self.equipment_id,
            default_key=default_key,
            medium=Medium(self.medium),
            size=self.size,
            wireless=self.link == "wireless",
            version=DsmrVersion(self.version),
            valve=Fitting[self.valve.upper().replace("-", "_")],
            user_key=user_key,
        )


class MeterEntry(BaseModel):
    """One meter."""

    model_config = _Strict

    equipment_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{17}$")]
    system_title: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{16}$")]
    phases: Literal[1, 3] = 3
    devices: Annotated[list[DeviceEntry], Field(max_length=32)] = []


class FleetFile(BaseModel):
    """The whole file; meter n listens on `base_port` + n, counted from 0.

    `load` is what hangs on the meters: `premises` for a household's curve, or `none`.
    """

    model_config = _Strict

    standard: Standard
    host: Annotated[str, Field(pattern=r"^[^\s/\x00-\x1f\x7f]{1,255}$")]
    base_port: Annotated[int, Field(ge=1, le=55_535)]
    load: Literal["premises", "none"] = "premises"
    meters: Annotated[list[MeterEntry], Field(min_length=1)]


def read_fleet_file(path: Path) -> FleetFile:
    """Reads and checks; raises `ConfigError` with file, line and column."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        raise ConfigError(
            f"no fleet can be read here: {why}; `dsmrlab fleet create` makes one",
            file=str(path),
        ) from None
    try:
        made = FleetFile.model_validate(YAML(typ="safe").load(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        raise ConfigError(
            f"not YAML: {error.problem}",
            str(path),
            mark.line + 1 if mark else None,
            mark.column + 1 if mark else None,
        ) from None
    except YAMLError as error:
        raise ConfigError(f"not YAML: {error}".splitlines()[0], str(path)) from None
    except ValidationError as error:
        first = error.errors()[0]
        line, column = _place(text, first["loc"])
        raise ConfigError(_explain(first), str(path), line, column) from None
    except (ValueError, RecursionError):
        raise ConfigError(
            "nested too deep, or a number or date that is none", str(path)
        ) from None
    for name in ("equipment_id", "system_title"):
        _check_unique(path, text, made, name)
    _check_devices(path, text, made)
    return made


def _explain(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    match error["type"]:
        case "missing":
            return f"{where} is missing"
        case "extra_forbidden":
            return f"{where} is not known here"
        case "model_type":
            return f"{where or 'a fleet'} is a list of names with their values"
    return f"{where} {error['msg'].removeprefix('Input ')}"


def _check_unique(path: Path, text: str, made: FleetFile, name: str) -> None:
    seen: set[str] = set()
    for index, entry in enumerate(made.meters):
        value = getattr(entry, name).lower()
        if value in seen:
            line, column = _place(text, ("meters", index, name))
            raise ConfigError(f"{name} {value} is there twice", str(path), line, column)
        seen.add(value)


def _check_devices(path: Path, text: str, made: FleetFile) -> None:
    seen: set[str] = set()
    for row, entry in enumerate(made.meters):
        for column, device in enumerate(entry.devices):
            why = ""
            try:
                device.identity()
            except LocalError as error:
                why = str(error)
            if device.equipment_id in seen:
                why = f"device {device.equipment_id} is there twice"
            if why:
                place = _place(text, ("meters", row, "devices", column))
                raise ConfigError(why, str(path), *place)
            seen.add(device.equipment_id)


def _place(text: str, location: tuple[int | str, ...]) -> tuple[int | None, int | None]:
    """Line and column of a value, or of what should hold it.

    Only for a complaint: a reader that keeps the places is ten times slower.
    """
    node: Any = YAML(typ="rt").load(text)
    place: tuple[int | None, int | None] = (1, 1)
    for key in location:
        marks = getattr(node, "lc", None)
        if marks is None:
            break
        try:
            is_item = isinstance(key, int)
            line, column = marks.item(key) if is_item else marks.key(key)
            node = node[key]
        except (KeyError, IndexError, TypeError):
            break
        place = line + 1, column + 1
    return place
