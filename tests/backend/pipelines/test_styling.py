"""Choices that are asked for are worn, and a rig that lacks them says which it has."""

import pytest

from backend.export.painted_rig import dressed_rig
from facewright.datatypes import Style
from facewright.errors import ConfigInvalid
from facewright.pipelines.styling import checked_style, merged


def test_what_is_asked_for_replaces_what_was_read():
    read = Style(hair="bob", beard="full", glasses="round")
    assert merged(read, Style(beard="none", lips="red")) == Style(hair="bob", beard="none", lips="red", glasses="round")


def test_known_choices_pass(tmp_path):
    wanted = Style(hair="bob", glasses="round")
    assert checked_style(dressed_rig(tmp_path), wanted) == wanted


@pytest.mark.parametrize(
    ("wanted", "message"), [(Style(hair="mullet"), "hair style 'mullet'"), (Style(brows="thick"), "no brows styles")]
)
def test_unknown_choices_and_groups_are_refused(tmp_path, wanted, message):
    with pytest.raises(ConfigInvalid, match=message):
        checked_style(dressed_rig(tmp_path), wanted)
