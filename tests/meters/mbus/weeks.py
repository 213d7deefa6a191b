"""A household whose devices count what the test knows, and to which anything may happen.

`Weeks` plays what happens and keeps the truth beside it: what flowed through each device, and how
far its clock may have been off. Whatever an E-meter shows must be some true reading, of the time
that stands beside it.
"""

from __future__ import annotations

import dataclasses
from itertools import pairwise

from meters.behaviour import amr
from meters.behaviour.clockwork import set_clock
from meters.behaviour.profiles import rows_of
from meters.identity import Identity
from meters.mbus import orders
from meters.mbus.binding import channel_with
from meters.mbus.captures import find
from meters.mbus.channels import SHORT_ID, Channel, KeyStatus, channel_of
from meters.mbus.names import numbers_of
from meters.mbus.wireless import heard
from meters.meter import Meter, new_state
from meters.objects import model_for
from meters.p2.attached import attach, detach
from meters.p2.device import Device
from meters.p2.faults import NO_FAULTS, Faults
from meters.p2.identity import NO_KEY
from meters.p2.media import Medium
from tests.meters.access import restored
from tests.meters.builders import EQUIPMENT_ID, KEYS, METER_TITLE, counting_bytes
from tests.meters.mbus.household import codes, device, newest, wrapped
from tests.meters.mbus.truth import Truth
from wire.cosem.rows import Standard
from wire.p1 import MBusReading, Telegram

# 2024-03-24 00:00 in Amsterdam: daylight saving begins a week later.
START_S = 1_711_234_800
HOUR_S, DAY_S = 3600, 86_400
ERROR, OK, NEW = 100, 101, 105


class Weeks:
    """An E-meter with a gas meter by wire, a water meter by radio and a heat meter by wire."""

    def __init__(self, standard: Standard) -> None:
        identity = Identity(EQUIPMENT_ID, standard, METER_TITLE, 3)
        model = model_for(standard, 3)
        state = new_state(KEYS, START_S)
        self.meter = Meter(identity, state, model, counting_bytes())
        self.truths: dict[str, Truth] = {}
        self.names: dict[int, str] = {}
        self.other: dict[int, Device] = {}
        self.heard: dict[int, tuple[bytes, int]] = {}
        self.keys = 0
        self.serial = 10_000_000
        self.bring(1, Medium.GAS)
        self.bring(2, Medium.WATER, wireless=True)
        self.bring(3, Medium.HEAT)
        self.heal()

    # What happens.

    def bring(self, number: int, medium: Medium, wireless: bool = False) -> None:
        """A new device for a channel, which knows nothing of it yet."""
        self.serial += 1
        version = newest(self.meter.identity.standard)
        made = device(
            *(f"X0042{self.serial:010}24", medium),
            wireless=wireless,
            version=version,
        )
        attach(self.meter, made)
        self.truths[made.identity.equipment_id] = Truth(
            self.meter.state.at_s, made.identity.kind.registers[0]
        )
        self.names[number] = made.identity.equipment_id
        self.note_clock()
        self.flow(number, 40)

    def device(self, number: int) -> Device:
        """The device of a channel, counted up to now."""
        assert self.meter.state.attached is not None
        found = self.meter.state.attached.device(self.names[number])
        found.advance(self.meter.state.at_s)
        return found

    def channel(self, number: int) -> Channel:
        """What the E-meter knows of it."""
        return channel_of(self.meter, number)

    def flow(self, number: int, percent: int) -> None:
        """Part of what can flow at most flows from now on."""
        gauge = self.device(number)
        rate = gauge.identity.kind.max_rate * percent // 100
        gauge.set_flow(rate)
        self.truths[self.names[number]].set_rate(self.meter.state.at_s, rate)

    def fault(self, number: int, percent: int, kind: str) -> None:
        """The device's way is bad."""
        assert self.meter.state.attached is not None
        self.meter.state.attached.set_faults(
            self.names[number], Faults(**{kind: percent})
        )

    def power(self, reserve_s: int) -> None:
        """The supply fails, or returns."""
        if self.meter.powered:
            self.meter.power_off()
        else:
            self.meter.power_on(self.meter.state.at_s, reserve_s)
            self.note_clock()

    def restart(self) -> None:
        """The process ends, and another goes on with what was saved."""
        self.meter = restored(self.meter)

    def key(self, number: int, halves: str, right: bool = True) -> None:
        """A new user key: for the device (d), for the E-meter (e), as they are named in turn."""
        self.keys += 1
        key = self.keys.to_bytes(16, "big")
        gauge = self.device(number)
        given = wrapped(gauge, key, self.keys)
        if not right:
            given = given[:-1] + bytes((given[-1] ^ 1,))
        for half in halves:
            if half == "d":
                orders.transfer_key(self.meter, number, given)
            else:
                orders.set_encryption_key(self.meter, number, key)

    def order(self, number: int, order: str) -> None:
        """A method of class 72 without data."""
        getattr(orders, order)(self.meter, number)

    def ask_for(self, number: int, records: bytes) -> None:
        """The central system sends a command to the device."""
        orders.data_send(self.meter, number, records)

    def clock(self, step_s: int) -> None:
        """The E-meter's clock is set."""
        if self.meter.powered:
            set_clock(self.meter, self.meter.clock_s + step_s)
            self.note_clock()

    def note_clock(self) -> None:
        """Devices may get this time."""
        for truth in self.truths.values():
            truth.offsets_s.add(self.meter.state.clock_offset_s)

    def lose_time(self, number: int, seconds: int) -> None:
        """The device's clock goes wrong."""
        self.device(number).set_clock_error(seconds)
        self.truths[self.names[number]].offsets_s.add(seconds)
        self.meter.changed()

    def fail(self, number: int, what: str) -> None:
        """Something is wrong with the device itself."""
        gauge = self.device(number)
        if what == "battery":
            gauge.battery_low()
        else:
            gauge.tamper()

    def another(self, number: int) -> None:
        """A second device answers at the address of a wired one."""
        if number in self.other or self.device(number).identity.wireless:
            return
        self.serial += 1
        made = device(f"X0042{self.serial:010}24", Medium.WATER)
        self.truths[made.identity.equipment_id] = Truth(
            self.meter.state.at_s, made.identity.kind.registers[0]
        )
        made.state.address = self.device(number).state.address
        attach(self.meter, made)
        self.other[number] = made

    def overhear(self, number: int) -> None:
        """Somebody notes what a radio sends, to play it to the E-meter another time."""
        gauge = self.device(number)
        if gauge.identity.wireless and gauge.state.user_key != NO_KEY:
            twin = Device(gauge.identity, dataclasses.replace(gauge.state))
            octets = twin.transmit(self.meter.state.at_s)
            self.heard[number] = octets, twin.state.frame_counter

    def replay(self, number: int) -> None:
        """That happens; it is of no use once its counter has passed."""
        octets, counter = self.heard.get(number, (b"", 0))
        if octets and self.meter.powered:
            known = self.channel(number)
            passed = known.frame_counter >= counter
            before = known.value, known.captured_s, known.frame_counter
            heard(self.meter, octets)
            after = known.value, known.captured_s, known.frame_counter
            assert not passed or before == after

    def replace(self, number: int) -> None:
        """A fitter puts another device in the place of one, and couples it."""
        if self.meter.powered:
            old = self.device(number).identity
            orders.slave_deinstall(self.meter, number)
            detach(self.meter, old.equipment_id)
            self.bring(number, old.medium, old.wireless)
            self.couple(number)

    def replace_meter(self) -> None:
        """Another E-meter takes the place of this one, with nothing of what it knew."""
        former = self.meter
        state = new_state(KEYS, former.state.at_s)
        self.meter = Meter(former.identity, state, former.model, counting_bytes())
        assert former.state.attached is not None
        for gauge in former.state.attached.devices:
            gone = detach(former, gauge.identity.equipment_id)
            attach(self.meter, gone)

    # What is put right again.

    def heal(self) -> None:
        """Everything is put right, and the central system couples what is not."""
        if not self.meter.powered:
            self.power(5 * DAY_S)
        assert self.meter.state.attached is not None
        for each in self.other.values():
            detach(self.meter, each.identity.equipment_id)
        self.other.clear()
        for number, name in self.names.items():
            self.meter.state.attached.set_faults(name, NO_FAULTS)
        self.clock(-self.meter.state.clock_offset_s)
        self.part()
        for number in self.names:
            self.couple(number)
        self.pass_s(2 * HOUR_S)
        for number in self.names:
            known = self.channel(number)
            if (
                known.user_key != self.device(number).state.user_key
                or known.key_status is not KeyStatus.IN_USE
            ):
                self.key(number, "de")
        self.pass_s(3 * HOUR_S)
        self.pass_s(720 - self.meter.clock_s % HOUR_S + HOUR_S)
        for number in self.names:
            self.check_well(number)

    def part(self) -> None:
        """Of devices that took one address together all but one are as new again."""
        taken = {0}
        for number in self.names:
            state = self.device(number).state
            if state.address in taken:
                state.address, state.user_key = 0, NO_KEY
            taken.add(state.address)

    def couple(self, number: int) -> None:
        """Binds the device to its channel as the chapter on installation says."""
        gauge = self.device(number)
        if channel_with(self.meter, gauge.identity.short_id) == number and (
            gauge.identity.wireless
            or self.channel(number).primary_address == gauge.state.address
        ):
            return
        for each in {number, channel_with(self.meter, gauge.identity.short_id)}:
            if each is not None and not self.channel(each).free:
                orders.slave_deinstall(self.meter, each)
        self.pass_s(2)
        if gauge.identity.wireless:
            gauge.press_button(7)
            self.meter.changed()
            orders.bind_address(self.meter, number, 0)
            names = numbers_of(gauge.identity.short_id)
            for part, value in zip(SHORT_ID, names, strict=True):
                orders.name(self.meter, number, part, value)
        elif gauge.state.address:
            orders.bind_address(self.meter, number, gauge.state.address)
        else:
            self.install_alone(number)
        self.pass_s(2)

    def install_alone(self, number: int) -> None:
        """The fitter connects one new device at a time: two at address 0 garble each other."""
        assert self.meter.state.attached is not None
        waiting = [
            detach(self.meter, each.identity.equipment_id)
            for each in self.meter.state.attached.devices
            if not each.identity.wireless
            and not each.state.address
            and each.identity.equipment_id != self.names[number]
        ]
        orders.slave_install(self.meter, number)
        self.meter.advance(self.meter.state.at_s + 2)
        for each in waiting:
            attach(self.meter, each)

    # What must be.

    def pass_s(self, seconds: int) -> None:
        """So much time passes, and every hour P1 is looked at."""
        until_s = self.meter.state.at_s + seconds
        while self.meter.state.at_s < until_s:
            self.meter.advance(min(self.meter.state.at_s + 1800, until_s))
            self.check_shown()

    def check_shown(self) -> None:
        """P1 shows true readings only."""
        octets = self.meter.telegram(self.meter.state.at_s)
        if not octets:
            return
        values = Telegram(octets).values
        for number in self.names:
            if f"0-{number}:24.2.1" not in values:
                continue
            shown = values[f"0-{number}:24.2.1"]
            assert isinstance(shown, MBusReading)
            channel = self.channel(number)
            captured_s = int(shown.captured.timestamp())
            assert captured_s == channel.captured_s
            coarse = 10 if shown.decimals == 2 else 1
            assert shown.value_milli == channel.value * coarse
            self.check_true(number, channel.value, captured_s)

    def check_true(self, number: int, value: int, captured_s: int) -> None:
        """Some device of this household has shown so at that time."""
        possible = set[int]().union(
            *(truth.readings(captured_s) for truth in self.truths.values())
        )
        assert value in possible, (number, value, captured_s)

    def rows(self, number: int) -> list[list[int]]:
        """Stamp, status, value and capture time of the hourly profile, oldest first."""
        profile = rows_of(self.meter, find(number, "hourly"))
        if profile is None:
            return []
        saved = profile.to_json()
        columns = [bytes.fromhex(text) for text in (saved["stamps"], *saved["values"])]
        count = len(profile)
        cells = [
            [int.from_bytes(octets[n * at : n * at + n], "big") for at in range(count)]
            for octets in columns
            for n in (len(octets) // count,)
        ]
        return [list(row) for row in zip(*cells, strict=True)]

    def check_rows(self, number: int) -> None:
        """Each row is true, or empty; valid ones are of their hour; none is missing or twice."""
        for stamp_s, status, value, captured_s in self.rows(number):
            if captured_s:
                self.check_true(number, value, captured_s)
            if not status & amr.DATA_NOT_VALID:
                assert captured_s == stamp_s, (number, stamp_s, captured_s)
            assert bool(status & amr.DAYLIGHT_SAVING) == (stamp_s >= 1_711_846_800)

    def check_well(self, number: int) -> None:
        """The last hour's reading came, and is the one; what is wrong has been told."""
        hour_s = self.meter.clock_s - self.meter.clock_s % HOUR_S
        channel, truth = self.channel(number), self.truths[self.names[number]]
        assert not channel.missing and not channel.pending
        assert channel.key_status is KeyStatus.IN_USE
        stamp_s, status, value, captured_s = self.rows(number)[-1]
        assert (stamp_s, captured_s) == (hour_s, hour_s)
        assert not status & amr.DATA_NOT_VALID
        assert {value} == truth.at(hour_s)
        self.check_rows(number)
        self.check_told(number)

    def check_told(self, number: int) -> None:
        """Trouble with the readings of a device is told once, and that it is over once."""
        base = 10 * (number - 1)
        told = [code - base for code in codes(self.meter)]
        of_readings = [code for code in told if code in (ERROR, OK, NEW)]
        for one, next_one in pairwise(of_readings):
            assert (one, next_one) not in {(ERROR, ERROR), (OK, OK), (NEW, OK)}
