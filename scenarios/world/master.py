"""Another Modbus master than the gateway: reads and writes the unit's registers by name."""

from __future__ import annotations

from typing import Final

from chargepoint.modbus_client import ModbusClient
from chargepoint.registers import ExceptionCode, register
from scenarios.playing.world_protocol import Outcome, Refuser
from wire.errors import PeerRefused, TransportError, WireError

_WORDS: Final = {
    int(code): code.name.lower().replace("_", "-") for code in ExceptionCode
}


async def read(client: ModbusClient, name: str) -> int:
    """The number in a register."""
    row = register(name)
    return row.decode(await client.read(row.address, row.words))


async def write(client: ModbusClient, name: str, value: int) -> Outcome:
    """Writes a register; a refusal is called as the exception is, `illegal-value`."""
    row = register(name)
    try:
        await client.write(row.address, row.encode(value))
    except PeerRefused as error:
        result = _WORDS.get(error.result or 0, "refused")
        return Outcome(result, Refuser.UNIT, str(error))
    except (TransportError, WireError) as error:
        return Outcome("failed", Refuser.TRANSPORT, str(error))
    return Outcome()
