"""The ports and the modem (P3, chapter 3, 5.13 and 5.14; SMR 5 for the diagnostics)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import SMR, SMR_52, p3
from wire.cosem.rows import DSMR4, RW, SMR5, SMR52, attr, method, row
from wire.obis import Obis

_DOUBLE = "double-long-unsigned"
_OF_IPV4, _OF_PPP, _OF_MODEM = (
    Obis.parse(code).octets for code in ("0-0:25.1.0", "0-0:25.3.0", "0-0:25.4.0")
)
_NO_QUALITY = (0, 0, 0, 0, 0)

_DIAGNOSTIC = (
    attr(2, "operator", "visible-string"),
    attr(3, "status", "enum"),
    attr(4, "cs_attachment", "enum"),
    attr(5, "ps_status", "enum"),
    attr(6, "cell_info", "cell_info_type"),
    attr(7, "adjacent_cells", "adjacent_cells_type"),
    attr(8, "capture_time", "date-time"),
)

ROWS = (
    row(
        41,
        "0-0:25.0.0",
        "tcp_udp_setup",
        p3("table 3-1"),
        attr(2, "TCP-UDP_port", "long-unsigned", value=4059),
        attr(3, "IP_reference", "octet-string[6]", RW, default=_OF_IPV4),
        attr(4, "MSS", "long-unsigned", RW, default=576, bounds=(40, 65535)),
        attr(5, "nb_of_sim_conn", "unsigned", value=1),
        attr(6, "inactivity_time_out", "long-unsigned", RW, default=300),
        standards=DSMR4,
    ),
    row(
        42,
        "0-0:25.1.0",
        "ipv4_setup",
        p3("table 3-2"),
        attr(2, "DL_reference", "octet-string[6]", RW, default=_OF_PPP),
        attr(3, "IP_address", _DOUBLE, RW, default=0),
        attr(4, "multicast_IP_address", "IP_address_list_type", RW, default=()),
        attr(5, "IP_options", "IP_options_type", RW, default=()),
        attr(6, "subnet_mask", _DOUBLE, RW, default=0),
        attr(7, "gateway_IP_address", _DOUBLE, RW, default=0),
        attr(8, "use_DHCP_flag", "boolean", RW, default=True),
        attr(9, "primary_DNS_address", _DOUBLE, RW, default=0),
        attr(10, "secondary_DNS_address", _DOUBLE, RW, default=0),
        method(1, "add_mc_IP_address", _DOUBLE),
        method(2, "delete_mc_IP_address", _DOUBLE),
        method(3, "get_nbof_mc_IP_addresses"),
        standards=DSMR4,
    ),
    row(
        44,
        "0-0:25.3.0",
        "ppp_setup",
        p3("table 3-3"),
        attr(2, "PHY_reference", "octet-string[6]", RW, default=_OF_MODEM),
        attr(3, "LCP_options", "LCP_options_type", RW, default=()),
        attr(4, "IPCP_options", "IPCP_options_type", RW, default=()),
        attr(5, "PPP_authentication", "PPP_auth_type", RW, default=(b"", b"")),
        standards=DSMR4,
    ),
    row(
        45,
        "0-0:25.4.0",
        "gprs_modem_setup",
        p3("3.1.1"),
        attr(2, "APN", "octet-string[100]", RW, default=b""),
        attr(3, "PIN_code", "long-unsigned", RW, default=0, bounds=(0, 9999)),
        attr(
            4,
            "quality_of_service",
            "quality_of_service_type",
            RW,
            default=(_NO_QUALITY, _NO_QUALITY),
        ),
        standards=DSMR4,
    ),
    row(
        *(47, "0-0:25.6.0", "gprs_diagnostic", SMR),
        *_DIAGNOSTIC,
        standards=SMR5,
    ),
    row(
        *(47, "0-1:25.6.0", "cdma_diagnostic", SMR),
        *_DIAGNOSTIC,
        standards=SMR5,
    ),
    row(
        *(47, "0-2:25.6.0", "lte_diagnostic", SMR_52),
        *_DIAGNOSTIC,
        standards=SMR52,
    ),
    row(
        19,
        "0-0:20.0.0",
        "iec_local_port_setup",
        p3("5.13"),
        attr(2, "default_mode", "enum", value=0),
        attr(3, "default_baud", "enum", value=5),
        attr(4, "prop_baud", "enum", value=5),
        # 200 ms, which P3 prints as such and the Blue Book codes as 1.
        attr(5, "response_time", "enum", value=1),
        attr(6, "device_addr", "octet-string", value=b"17"),
        attr(7, "pass_p1", "octet-string", value=b""),
        attr(8, "pass_p2", "octet-string", value=b""),
        attr(9, "pass_w5", "octet-string", value=b""),
        version=1,
        standards=DSMR4,
    ),
    row(
        23,
        "0-0:22.0.0",
        "iec_hdlc_setup",
        p3("5.14"),
        attr(2, "comm_speed", "enum", value=5),
        attr(3, "window_size_transmit", "unsigned", value=1),
        attr(4, "window_size_receive", "unsigned", value=1),
        attr(5, "max_info_field_length_transmit", "long-unsigned", value=128),
        attr(6, "max_info_field_length_receive", "long-unsigned", value=128),
        attr(7, "inter_octet_time_out", "long-unsigned", value=25),
        attr(8, "inactivity_time_out", "long-unsigned", value=120),
        attr(9, "device_address", "long-unsigned", value=17),
        version=1,
        standards=DSMR4,
    ),
)
