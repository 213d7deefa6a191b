"""`explain`: what octets are, from the command line, a file or standard input."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import binary

from dsmrlab.cli import cli
from dsmrlab.edge import run
from headend.desk import SYSTEM_TITLE
from tests.dsmrlab.commands import Ended, here, process
from wire.charging_profile import ChargingProfile, Period, encode
from wire.dlms.acse import Aarq, ApplicationContext
from wire.dlms.acse import encode as encode_acse
from wire.dlms.security import Cipher, Kind, SecurityControl, protect
from wire.dlms.wrapper import encode_wpdu
from wire.instants import from_epoch
from wire.p1 import TEXT_MESSAGE, Encoder, P1Version

GET = bytes.fromhex("c001c1000301000108 00ff0200".replace(" ", ""))
EK, AK, TITLE = bytes(range(16)), bytes(range(16, 32)), b"DSL\x00\x00\x00\x00\x01"
CIPHER = Cipher(EK, AK)
BOTH = SecurityControl.AUTHENTICATED_ENCRYPTED


def ciphered(kind: Kind = Kind.GLO, title: bytes = SYSTEM_TITLE) -> bytes:
    sealed = protect(
        GET, cipher=CIPHER, title=title, counter=7, control=BOTH, kind=kind
    )
    return encode_wpdu(1, 1, sealed)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """What a person writes who has no shipment."""
    path = tmp_path / "keys.json"
    fields = {"encryption_key": EK, "authentication_key": AK, "system_title": TITLE}
    path.write_text(json.dumps({name: value.hex() for name, value in fields.items()}))
    return path


Capsys = pytest.CaptureFixture[str]


def explained(capsys: Capsys, *arguments: object) -> Ended:
    ended = here(capsys, "explain", *arguments)
    assert ended.code == 0, ended.err
    return ended


@pytest.mark.parametrize(
    "written",
    [
        (GET.hex(),),
        (GET.hex(" ").upper(),),
        tuple(GET.hex(" ").split()),
        (GET.hex(":"),),
        (", ".join(f"0x{octet:02x}" for octet in GET),),
    ],
)
def test_hexadecimal_digits_as_people_have_them(
    written: tuple[str, ...], capsys: Capsys
) -> None:
    ended = explained(capsys, *written)
    assert ended.out.startswith("get-request-normal")
    assert "class 3, 1-0:1.8.0.255, attribute 2" in ended.out


def test_a_file_of_digits_or_of_the_octets(tmp_path: Path, capsys: Capsys) -> None:
    path = tmp_path / "frame"
    outputs = set()
    for content in (GET, GET.hex().encode(), b"\n " + GET.hex(" ").encode() + b"\r\n"):
        path.write_bytes(content)
        outputs.add(explained(capsys, f"@{path}").out)
    assert len(outputs) == 1


def test_standard_input(tmp_path: Path) -> None:
    done = process(tmp_path, "explain", "-", "--json", stdin=GET.hex().encode())
    assert done.document["name"] == "get-request-normal"
    assert not any(tmp_path.iterdir()), "explain needs no home folder"


def test_without_keys_the_ciphered_part_stays_closed(capsys: Capsys) -> None:
    ended = explained(capsys, ciphered().hex())
    assert "glo-get-request" in ended.out and "no keys were given" in ended.out
    assert "invocation-counter: 7" in ended.out


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("title", [SYSTEM_TITLE, TITLE])
def test_with_keys_it_is_opened(
    kind: Kind, title: bytes, keys: Path, capsys: Capsys
) -> None:
    ended = explained(capsys, ciphered(kind, title).hex(), "--keys", keys)
    assert "get-request-normal" in ended.out
    assert "class 3, 1-0:1.8.0.255, attribute 2" in ended.out


def test_the_right_keys_of_a_whole_shipment(tmp_path: Path, capsys: Capsys) -> None:
    here(capsys, "fleet", "create", tmp_path / "f", "--meters", 20)
    shipment = tmp_path / "f/shipment.json"
    meter = json.loads(shipment.read_text())[13]
    cipher = Cipher(
        bytes.fromhex(meter["encryption_key"]),
        bytes.fromhex(meter["authentication_key"]),
    )
    sealed = protect(
        GET,
        cipher=cipher,
        title=bytes.fromhex(meter["system_title"]),
        counter=1,
        control=BOTH,
        kind=Kind.GLO,
    )
    assert (
        "get-request-normal" in explained(capsys, sealed.hex(), "--keys", shipment).out
    )


def test_wrong_keys_are_exit_code_1(tmp_path: Path, keys: Path, capsys: Capsys) -> None:
    keys.write_text(keys.read_text().replace("0001", "ff01"))
    ended = here(capsys, "explain", ciphered().hex(), "--keys", keys)
    assert "stays closed" in ended.check_one_line(1)
    assert "glo-get-request" in ended.out
    assert EK.hex() not in ended.out + ended.err


@pytest.mark.parametrize(
    "content, says",
    [
        ("{}", "encryption_key should be"),
        ('{"encryption_key": 5}', "encryption_key should be"),
        ('[{"encryption_key": "00"}]', "encryption_key should be"),
        ("5", "encryption_key should be"),
        ("{", "keys.json:1:2: not JSON"),
    ],
)
def test_a_key_file_that_is_none(
    content: str, says: str, keys: Path, capsys: Capsys
) -> None:
    keys.write_text(content)
    ended = here(capsys, "explain", "00", "--keys", keys)
    assert says in ended.check_one_line(2)


@pytest.mark.parametrize("wrapped", [GET, encode_wpdu(16, 1, GET)])
def test_xml(wrapped: bytes, capsys: Capsys) -> None:
    assert "<GetRequestNormal>" in explained(capsys, wrapped.hex(), "--xml").out


def test_xml_of_what_was_deciphered(keys: Path, capsys: Capsys) -> None:
    command = (ciphered().hex(), "--keys", keys, "--xml", "--json")
    [xml] = explained(capsys, *command).document["xml"]
    assert "<GetRequestNormal>" in xml


def test_xml_of_an_association_request(capsys: Capsys) -> None:
    aarq = "601da109060760857405080101be10040e01000000065f1f0400001e1dffff"
    assert "<AssociationRequest>" in explained(capsys, aarq, "--xml").out


@pytest.mark.parametrize(
    "value", ["01847fffffff", "09847fffffff", "0281", "1303847fffffff", "04847fffffff"]
)
def test_values_that_lie_never_reach_gurux(value: str, capsys: Capsys) -> None:
    """It would take seconds and gigabytes, or never end."""
    request = "c101c100030100010800ff0200" + value
    assert "no APDU in it" in explained(capsys, request, "--xml").err


@pytest.mark.parametrize(
    "inner", ["21847fffffff30", "db847fffffff30", "db0144847fffffff30", "21", "db08"]
)
def test_associations_that_lie_never_reach_gurux(inner: str, capsys: Capsys) -> None:
    aarq = Aarq(ApplicationContext.LN, user_information=bytes.fromhex(inner))
    ended = explained(capsys, encode_acse(aarq).hex(), "--xml")
    assert "no APDU in it that could be shown" in ended.err


def a_profile() -> ChargingProfile:
    begin = from_epoch(1_546_850_000)
    return ChargingProfile(
        begin, from_epoch(1_546_860_000), (Period(begin, 6000),), seq=12
    )


def test_a_telegram_and_the_profile_in_it(tmp_path: Path, capsys: Capsys) -> None:
    encoder = Encoder(P1Version.SMR_5_0_2, "ISk5\\2MT382-1000")
    text = encode(a_profile()).encode()
    telegram = encoder.encode(
        {"0-0:1.0.0": from_epoch(1_546_850_000), TEXT_MESSAGE: text}
    )
    path = tmp_path / "telegram.txt"
    for content in (telegram, telegram.hex().encode(), telegram.replace(b"\r", b"")):
        path.write_bytes(content)
        out = explained(capsys, f"@{path}").out
        assert out.startswith("p1 telegram: SMR 5_0_2")
        assert "at most 6000 W" in out and "sequence: 12" in out


def test_a_telegram_with_a_wrong_crc(tmp_path: Path, capsys: Capsys) -> None:
    path = tmp_path / "telegram.txt"
    path.write_bytes(b"/ISk5\\2MT382-1000\r\n\r\n1-3:0.2.8(50)\r\n!0000\r\n")
    ended = here(capsys, "explain", f"@{path}")
    assert "the CRC does not verify" in ended.check_one_line(1)


def test_a_profile_by_itself(capsys: Capsys) -> None:
    out = explained(capsys, encode(a_profile()).encode().hex()).out
    assert "at most 6000 W" in out
    rejected = explained(capsys, b'{"Header":1}'.hex()).out
    assert "rejected: STRUCTURE" in rejected


def test_hdlc_frames_are_only_named(capsys: Capsys) -> None:
    frame = "7ea00a0002040021d4d87e"
    assert explained(capsys, frame).out.startswith("hdlc frame")


@pytest.mark.parametrize(
    "octets", ["fffe", "deadbeef" * 8, "68030369087201ff16", "7e7e", "105bfe5817"]
)
def test_what_is_nothing_is_said_to_be_nothing(octets: str, capsys: Capsys) -> None:
    ended = here(capsys, "explain", octets)
    assert "can be read" in ended.check_one_line(1)
    assert ended.out == ""


@given(octets=binary(min_size=1, max_size=80))
def test_no_octets_are_a_defect(octets: bytes) -> None:
    """Whatever they are: a line on stderr and 1, or an explanation and 0."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(cli, ["explain", octets.hex()])
    assert code in (0, 1)
    assert "internal error" not in err.getvalue()
    assert bool(out.getvalue()) is (code == 0)


@pytest.mark.parametrize("written", ["zz", "abc", "@/absent", " ", "prøve", "@"])
def test_what_is_not_even_octets(written: str, capsys: Capsys) -> None:
    here(capsys, "explain", written).check_one_line(2)


def test_too_much_is_refused(tmp_path: Path, capsys: Capsys) -> None:
    here(capsys, "explain", "@/dev/zero").check_one_line(2)
    big = tmp_path / "big"
    big.write_bytes(b"00" * 1_000_001)
    here(capsys, "explain", f"@{big}").check_one_line(2)
