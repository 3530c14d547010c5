"""UDP datagrams to a receiver that may not be there yet."""

import logging
import socket

from facewright.errors import ConfigInvalid

_LOG = logging.getLogger(__name__)


class Datagrams:
    """Sends datagrams to one address.

    Args:
        host: name or address.
        port: UDP port.

    Attributes:
        unsent: how many could not be handed to the network.

    Raises:
        ConfigInvalid: the host has no address.
    """

    def __init__(self, host: str, port: int) -> None:
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except (OSError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise ConfigInvalid(
                f"the host {host!r} has no address: {why}", "give the name or IP address of the receiving machine"
            ) from error
        self.unsent = 0
        self._address = address
        self._socket = socket.socket(family, socket.SOCK_DGRAM)

    def send(self, content: bytes) -> None:
        """Send one datagram; a network that is away does not stop the stream."""
        try:
            self._socket.sendto(content, self._address)  # not connected: a receiver that is not up yet is no error
        except OSError as error:
            self.unsent += 1
            _LOG.debug("a datagram could not be sent: %s", error)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()
