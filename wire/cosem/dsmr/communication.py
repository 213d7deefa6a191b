"""Association, SAP assignment, security setup (P3, 5.1)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import SMR, p3
from wire.cosem.rows import DSMR4, SMR5, R, X, attr, data, method, row

_ASSOCIATION = (
    attr(2, "object_list", "objlist_type", R, R),
    attr(3, "associated_partners_id", "associated_partners_type", R, R),
    attr(4, "application_context_name", "application_context_name", R, R),
    attr(5, "xDLMS_context_info", "xDLMS_context_type", R, R),
    attr(6, "authentication_mechanism_name", "mechanism_name", R, R),
    attr(7, "secret", "octet-string", R),
    attr(8, "association_status", "enum", R, R),
    attr(9, "security_setup_reference", "octet-string", R, R),
    method(1, "reply_to_HLS_authentication", "octet-string", X),
    method(2, "change_HLS_secret", "octet-string", X),
    method(3, "add_object", "structure"),
    method(4, "remove_object", "structure"),
)

ROWS = (
    row(
        17,
        "0-0:41.0.0",
        "sap_assignment",
        p3("5.1"),
        attr(2, "SAP_assignment_list", "asslist_type", R, R),
        method(1, "connect_logical_device", "structure"),
    ),
    row(
        *(15, "0-0:40.0.0", "association", p3("5.1"), *_ASSOCIATION),
        version=1,
        standards=DSMR4,
    ),
    row(
        15,
        "0-0:40.0.0",
        "association",
        SMR,
        *_ASSOCIATION,
        attr(10, "user_list", "array"),
        attr(11, "current_user", "structure"),
        version=3,
        standards=SMR5,
    ),
    row(
        64,
        "0-0:43.0.0",
        "security_setup",
        p3("5.1"),
        attr(2, "security_policy", "enum"),
        attr(3, "security_suite", "enum", value=0),
        attr(4, "client_system_title", "octet-string"),
        attr(5, "server_system_title", "octet-string"),
        method(1, "security_activate", "enum", X),
        method(2, "global_key_transfer", "key_transfer_type", X),
    ),
    data("0-0:43.1.0", "invocation_counter", SMR, "double-long-unsigned", R, R),
    data("0-0:42.0.0", "logical_device_name", p3("5.1"), "octet-string", R, R),
)
