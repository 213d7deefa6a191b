"""A TCP proxy before a meter, which notes what the head-end says and can be told to act on it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from headend.desk import SYSTEM_TITLE
from wire.dlms import acse
from wire.dlms.security import Cipher, is_protected, unprotect
from wire.dlms.wrapper import Wpdu, WrapperReader
from wire.errors import WireError

_ACTION_TAG, _SET_TAG = 0xC3, 0xC1


class Proxy:
    """Passes on what a head-end and the meter at `port` say, and reads what the head-end says.

    `sent` is everything; `frames` and `proofs` are the counters that it used, in order, `actions`
    and `sets` the requests, deciphered, as long as the meter has the keys of `cipher`.
    `on_frame` is called before a frame is passed on, and says whether to pass it on.
    """

    def __init__(self, port: int, cipher: Cipher) -> None:
        self.sent: list[bytes] = []
        self.frames: list[int] = []
        self.proofs: list[int] = []
        self.actions: list[bytes] = []
        self.sets: list[bytes] = []
        self.on_frame: Callable[[], bool] = lambda: True
        self._meter_port = port
        self._cipher = cipher
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self._listening.accept()
                theirs = socket.create_connection(("127.0.0.1", self._meter_port))
                for target in (self._to_meter, self._to_headend):
                    args = (ours, theirs)
                    threading.Thread(target=target, args=args, daemon=True).start()

    def _to_meter(self, ours: socket.socket, theirs: socket.socket) -> None:
        reader = WrapperReader()
        with suppress(OSError):
            while octets := ours.recv(65536):
                for event in reader.feed(octets):
                    assert isinstance(event, Wpdu)
                    self._note(event.payload)
                if self.on_frame():
                    theirs.sendall(octets)
        # The head-end is gone, and so the meter is told at once.
        with suppress(OSError):
            theirs.shutdown(socket.SHUT_WR)

    @staticmethod
    def _to_headend(ours: socket.socket, theirs: socket.socket) -> None:
        with suppress(OSError):
            while octets := theirs.recv(65536):
                ours.sendall(octets)
        for each in (ours, theirs):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _note(self, payload: bytes) -> None:
        self.sent.append(payload)
        with suppress(WireError):
            self._decipher(payload)

    def _decipher(self, ciphered: bytes) -> None:
        if not is_protected(ciphered):
            request = acse.decode(ciphered)
            assert isinstance(request, acse.Aarq | acse.Rlrq)
            ciphered = request.user_information or b""
        opened = unprotect(ciphered, self._cipher, SYSTEM_TITLE)
        self.frames.append(opened.counter)
        if opened.apdu[-19:-16] == b"\x09\x11\x10":
            # The proof is ciphered under a counter of its own.
            self.proofs.append(int.from_bytes(opened.apdu[-16:-12], "big"))
        elif opened.apdu[0] == _ACTION_TAG:
            self.actions.append(opened.apdu)
        elif opened.apdu[0] == _SET_TAG:
            self.sets.append(opened.apdu)
