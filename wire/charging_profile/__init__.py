"""The charging profile: the JSON that travels as a meter's consumer message.

Form (ElaadNL's proof of concept, figure 8), at most 1024 ASCII characters:

    {"Header":{"Action":"EBGDirectControl","ValidFrom":TST,"ValidTo":TST},
     "Body":{"Period":[{"Start":TST,"MxPwr":W}, ...]}}

TST is `YYMMDDhhmmssX` of P1 (S is +02:00, W is +01:00), W is watt for the whole station. Keys
that an older reader ignores: `V`, `Seq`, `FbPwr` and `Mac` in the Header, `Phs` in a Period.
An empty text, or a valid Header over `"Period":[]`, clears the profile.
"""

from wire.charging_profile.decoder import Decoded, Remark, decode
from wire.charging_profile.encoder import encode, encode_clear
from wire.charging_profile.model import (
    ACTION,
    MAX_CHARACTERS,
    MAX_SPAN_S,
    ChargingProfile,
    Period,
)
from wire.charging_profile.rejects import ProfileRejected, Reject

__all__ = [
    "ACTION",
    "MAX_CHARACTERS",
    "MAX_SPAN_S",
    "ChargingProfile",
    "Decoded",
    "Period",
    "ProfileRejected",
    "Reject",
    "Remark",
    "decode",
    "encode",
    "encode_clear",
]
