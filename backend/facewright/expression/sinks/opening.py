"""Reads what `--send` asks for."""

import re

from facewright.config import SINK_FORMS
from facewright.errors import ConfigInvalid
from facewright.expression.sinks.livelink import DEFAULT_SUBJECT, LiveLinkSink
from facewright.expression.sinks.vmc import VmcSink

FORMS = " or ".join(SINK_FORMS)
KINDS = tuple(form.partition(":")[0] for form in SINK_FORMS)
_TARGET = re.compile(r"(?P<kind>[^:]*):(?P<host>\[[0-9A-Fa-f:.%\w]+\]|[^:\[\]\s]+):(?P<port>[^:]*)(?::(?P<extra>.*))?")
LONGEST_SUBJECT = 100


def open_sink(text: str) -> LiveLinkSink | VmcSink:
    """Open the sink that a word describes.

    Args:
        text: in one of SINK_FORMS; an IPv6 address stands in brackets.

    Raises:
        ConfigInvalid: the word has another form, the port is none, or the host has no address.
    """
    parts = _TARGET.fullmatch(text)
    if parts is None or parts["kind"] not in KINDS:
        raise ConfigInvalid(f"--send {text!r} is not understood", f"write {FORMS}, as in livelink:127.0.0.1:11111")
    if not re.fullmatch("[0-9]{1,5}", parts["port"]) or not 1 <= int(parts["port"]) <= 65535:
        raise ConfigInvalid(f"--send {text!r}: {parts['port']!r} is no port", "give a number from 1 to 65535")
    host, port, extra = parts["host"].strip("[]"), int(parts["port"]), parts["extra"]
    if parts["kind"] == "livelink":
        if extra == "" or len(extra or "") > LONGEST_SUBJECT:
            raise ConfigInvalid(
                f"--send {text!r}: the subject has {len(extra)} characters", f"give 1 to {LONGEST_SUBJECT}, or none"
            )
        return LiveLinkSink(host, port, extra or DEFAULT_SUBJECT)
    if extra not in (None, "PascalCase"):
        raise ConfigInvalid(f"--send {text!r}: {extra!r} is not understood", f"write {FORMS}")
    return VmcSink(host, port, is_pascal_case=extra == "PascalCase")
