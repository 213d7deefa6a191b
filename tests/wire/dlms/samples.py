"""Vectors, and values made at random, for the tests of the DLMS codecs."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from wire.dlms import acse, apdu, axdr
from wire.dlms.axdr import BitString, Data, Tag
from wire.obis import Obis

_VECTORS = Path(__file__).parent / "vectors"


def vectors(name: str) -> pytest.MarkDecorator:
    """Parametrizes a test with the rows of a file: name, source, clause, hex, expect."""
    rows = json.loads((_VECTORS / f"{name}.json").read_text())
    return pytest.mark.parametrize("row", rows, ids=[row["name"] for row in rows])


def described(value: Any) -> Any:
    """A value as a vector's `expect` writes it: types by name, octets as hex, codes by name."""
    if isinstance(value, Data):
        return {value.tag.type_name: described(value.value)}
    if isinstance(
        value, BitString | Obis | apdu.AttributeDescriptor | apdu.MethodDescriptor
    ):
        return str(value)
    if is_dataclass(value):
        shown = {field.name: getattr(value, field.name) for field in fields(value)}
        defaults = {field.name: field.default for field in fields(value)}
        return {
            type(value).__name__: {
                name: described(item)
                for name, item in shown.items()
                if item != defaults[name]
            }
        }
    if isinstance(value, apdu.Conformance):
        return f"{value:06X}"
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [described(item) for item in value]
    return value


_INTEGERS = {
    Tag.DOUBLE_LONG: (-(2**31), 2**31 - 1),
    Tag.DOUBLE_LONG_UNSIGNED: (0, 2**32 - 1),
    Tag.BCD: (-128, 127),
    Tag.INTEGER: (-128, 127),
    Tag.LONG: (-(2**15), 2**15 - 1),
    Tag.UNSIGNED: (0, 255),
    Tag.LONG_UNSIGNED: (0, 2**16 - 1),
    Tag.LONG64: (-(2**63), 2**63 - 1),
    Tag.LONG64_UNSIGNED: (0, 2**64 - 1),
    Tag.ENUM: (0, 255),
}
_SCALARS = st.one_of(
    st.just(Data(Tag.NULL_DATA, None)),
    st.just(Data(Tag.DONT_CARE, None)),
    *(
        st.builds(Data, st.just(tag), st.integers(*span))
        for tag, span in _INTEGERS.items()
    ),
    st.builds(Data, st.just(Tag.BOOLEAN), st.booleans()),
    st.builds(Data, st.just(Tag.OCTET_STRING), st.binary(max_size=300)),
    st.builds(
        Data, st.just(Tag.VISIBLE_STRING), st.text(st.characters(max_codepoint=127))
    ),
    st.builds(Data, st.just(Tag.UTF8_STRING), st.text()),
    st.builds(axdr.bit_string, st.text("01", max_size=40)),
    st.builds(Data, st.just(Tag.FLOAT64), st.floats(allow_nan=False)),
    st.builds(Data, st.just(Tag.FLOAT32), st.floats(width=32, allow_nan=False)),
    st.builds(Data, st.just(Tag.DATE_TIME), st.binary(min_size=12, max_size=12)),
    st.builds(Data, st.just(Tag.DATE), st.binary(min_size=5, max_size=5)),
    st.builds(Data, st.just(Tag.TIME), st.binary(min_size=4, max_size=4)),
)
DATA = st.recursive(
    _SCALARS,
    lambda inner: st.builds(
        lambda tag, items: Data(tag, tuple(items)),
        st.sampled_from([Tag.ARRAY, Tag.STRUCTURE]),
        st.lists(inner, max_size=10),
    ),
    max_leaves=20,
)

_OCTET = st.integers(0, 255)
_NUMBER = st.integers(0, 2**32 - 1)
_VALUE = st.builds(axdr.encode, _SCALARS)
_RAW = st.binary(max_size=200)
_OBIS = st.builds(Obis, st.binary(min_size=6, max_size=6))
_CLASS, _INDEX = st.integers(0, 65535), st.integers(-128, 127)
_ATTRIBUTE = st.builds(apdu.AttributeDescriptor, _CLASS, _OBIS, _INDEX)
_METHOD = st.builds(apdu.MethodDescriptor, _CLASS, _OBIS, _INDEX)
_SELECTION = st.none() | st.builds(apdu.Selection, _OCTET, _SCALARS)
_ACCESS = st.sampled_from(apdu.DataAccessResult)
_ACTION = st.sampled_from(apdu.ActionResult)
_GET_RESULT = _VALUE | _ACCESS
_ATTRIBUTES = st.lists(st.tuples(_ATTRIBUTE, _SELECTION), max_size=4).map(tuple)
_METHODS = st.lists(_METHOD, max_size=4).map(tuple)
_OUTCOME = st.builds(apdu.ActionOutcome, _ACTION, st.none() | _GET_RESULT)
_BLOCK = (st.booleans(), _NUMBER, _RAW)
_CONFORMANCE = st.builds(apdu.Conformance, st.integers(0, 2**24 - 1))
_SIZE = st.integers(0, 65535)


def _each_with_a_value(make: Any, one: Any) -> st.SearchStrategy[Any]:
    """An APDU with two lists of the same length."""
    pairs = st.lists(st.tuples(one, _VALUE), max_size=4)
    return st.builds(
        lambda octet, both: make(
            octet, tuple(a for a, _ in both), tuple(b for _, b in both)
        ),
        _OCTET,
        pairs,
    )


APDUS: st.SearchStrategy[Any] = st.one_of(
    st.builds(apdu.GetRequestNormal, _OCTET, _ATTRIBUTE, _SELECTION),
    st.builds(apdu.GetRequestNext, _OCTET, _NUMBER),
    st.builds(apdu.GetRequestWithList, _OCTET, _ATTRIBUTES),
    st.builds(apdu.GetResponseNormal, _OCTET, _GET_RESULT),
    st.builds(
        apdu.GetResponseWithDatablock, _OCTET, st.booleans(), _NUMBER, _RAW | _ACCESS
    ),
    st.builds(
        apdu.GetResponseWithList, _OCTET, st.lists(_GET_RESULT, max_size=4).map(tuple)
    ),
    st.builds(apdu.SetRequestNormal, _OCTET, _ATTRIBUTE, _VALUE, _SELECTION),
    st.builds(apdu.SetRequestFirstBlock, _OCTET, _ATTRIBUTE, *_BLOCK, _SELECTION),
    st.builds(apdu.SetRequestWithBlock, _OCTET, *_BLOCK),
    _each_with_a_value(apdu.SetRequestWithList, st.tuples(_ATTRIBUTE, _SELECTION)),
    st.builds(apdu.SetRequestWithListFirstBlock, _OCTET, _ATTRIBUTES, *_BLOCK),
    st.builds(apdu.SetResponseNormal, _OCTET, _ACCESS),
    st.builds(apdu.SetResponseDatablock, _OCTET, _NUMBER),
    st.builds(apdu.SetResponseLastDatablock, _OCTET, _ACCESS, _NUMBER),
    st.builds(
        apdu.SetResponseLastDatablockWithList,
        _OCTET,
        st.lists(_ACCESS).map(tuple),
        _NUMBER,
    ),
    st.builds(apdu.SetResponseWithList, _OCTET, st.lists(_ACCESS).map(tuple)),
    st.builds(apdu.ActionRequestNormal, _OCTET, _METHOD, st.none() | _VALUE),
    st.builds(apdu.ActionRequestNextPblock, _OCTET, _NUMBER),
    _each_with_a_value(apdu.ActionRequestWithList, _METHOD),
    st.builds(apdu.ActionRequestFirstPblock, _OCTET, _METHOD, *_BLOCK),
    st.builds(apdu.ActionRequestWithListAndFirstPblock, _OCTET, _METHODS, *_BLOCK),
    st.builds(apdu.ActionRequestWithPblock, _OCTET, *_BLOCK),
    st.builds(apdu.ActionResponseNormal, _OCTET, _ACTION, st.none() | _GET_RESULT),
    st.builds(apdu.ActionResponseWithPblock, _OCTET, *_BLOCK),
    st.builds(
        apdu.ActionResponseWithList, _OCTET, st.lists(_OUTCOME, max_size=4).map(tuple)
    ),
    st.builds(apdu.ActionResponseNextPblock, _OCTET, _NUMBER),
    st.builds(
        apdu.InitiateRequest,
        _CONFORMANCE,
        _SIZE,
        st.none() | st.binary(max_size=32),
        st.booleans(),
        st.none() | st.integers(-128, 127),
        _OCTET,
    ),
    st.builds(
        apdu.InitiateResponse,
        _CONFORMANCE,
        _SIZE,
        _SIZE,
        st.none() | st.integers(-128, 127),
    ),
    st.builds(
        apdu.ConfirmedServiceError,
        st.sampled_from(apdu.ConfirmedService),
        st.sampled_from(apdu.ServiceErrorKind),
        _OCTET,
    ),
    st.builds(
        apdu.ExceptionResponse,
        st.sampled_from(apdu.StateError),
        st.sampled_from([fault for fault in apdu.ServiceFault if fault.value < 6]),
    ),
    st.builds(
        apdu.ExceptionResponse,
        st.sampled_from(apdu.StateError),
        st.just(apdu.ServiceFault.INVOCATION_COUNTER_ERROR),
        _NUMBER,
    ),
    st.builds(
        apdu.DataNotification,
        _NUMBER,
        st.just(b"") | st.binary(min_size=12, max_size=12),
        _VALUE,
    ),
)

_OPTIONAL = st.none() | st.binary(max_size=200)
_CONTEXT = st.sampled_from([c for c in acse.ApplicationContext if c.value])
_NO_AUTHENTICATION = (st.just(acse.Mechanism.LOWEST), _OPTIONAL, st.none(), _OPTIONAL)
_AUTHENTICATION = (
    st.sampled_from([m for m in acse.Mechanism if 0 < m.value < 255]),
    _OPTIONAL,
    _OPTIONAL,
    _OPTIONAL,
)
_ANSWER = (
    _CONTEXT,
    st.sampled_from(acse.AssociateResult),
    st.sampled_from(acse.UserDiagnostic) | st.sampled_from(acse.ProviderDiagnostic),
)
ACSE_APDUS: st.SearchStrategy[Any] = st.one_of(
    st.builds(acse.Aarq, _CONTEXT, *_NO_AUTHENTICATION),
    st.builds(acse.Aarq, _CONTEXT, *_AUTHENTICATION),
    st.builds(acse.Aare, *_ANSWER, *_NO_AUTHENTICATION),
    st.builds(acse.Aare, *_ANSWER, *_AUTHENTICATION),
    st.builds(
        acse.Rlrq, st.none() | st.sampled_from(acse.ReleaseRequestReason), _OPTIONAL
    ),
    st.builds(
        acse.Rlre, st.none() | st.sampled_from(acse.ReleaseResponseReason), _OPTIONAL
    ),
)
