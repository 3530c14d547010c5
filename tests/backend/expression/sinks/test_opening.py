"""Tests of the words of --send."""

import pytest

from facewright.errors import ConfigInvalid
from facewright.expression.sinks.livelink import LiveLinkSink
from facewright.expression.sinks.opening import open_sink
from facewright.expression.sinks.vmc import VmcSink


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("livelink:127.0.0.1:11111", LiveLinkSink),
        ("livelink:localhost:11111:Ann: left", LiveLinkSink),
        ("vmc:127.0.0.1:39539", VmcSink),
        ("vmc:127.0.0.1:39539:PascalCase", VmcSink),
        ("livelink:[127.0.0.1]:5", LiveLinkSink),
    ],
)
def test_each_form_opens_its_sink(text, kind):
    sink = open_sink(text)
    sink.close()
    assert isinstance(sink, kind)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not understood"),
        ("livelink", "not understood"),
        ("livelink:127.0.0.1", "not understood"),
        ("osc:127.0.0.1:9000", "not understood"),
        ("vmc::39539", "not understood"),
        ("vmc:127.0.0.1:", "'' is no port"),
        ("vmc:127.0.0.1:0", "'0' is no port"),
        ("vmc:127.0.0.1:65536", "no port"),
        ("vmc:127.0.0.1:many", "no port"),
        ("vmc:127.0.0.1:١٢٣", "no port"),
        ("livelink:127.0.0.1:11111:", "subject has 0"),
        ("livelink:127.0.0.1:11111:" + "x" * 101, "subject has 101"),
        ("vmc:127.0.0.1:39539:snake", "'snake' is not understood"),
        ("vmc:no-such-host.invalid:39539", "no address"),
        ("vmc:" + "a" * 70 + ".invalid:39539", "no address"),
    ],
)
def test_what_is_wrong_is_said(text, message):
    with pytest.raises(ConfigInvalid, match=message) as raised:
        open_sink(text)
    assert raised.value.remedy


def test_a_host_without_an_address_is_told_in_words_and_not_in_numbers():
    with pytest.raises(ConfigInvalid, match="has no address: ") as caught:
        open_sink("vmc:no-such-host.invalid:39539")
    assert "Errno" not in str(caught.value)
