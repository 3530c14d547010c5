"""Tests of who may connect."""

from pathlib import Path

import pytest

from facewright.config import ServiceConfig
from facewright.errors import ServeFailed, SourceUnavailable
from facewright.service.exposure import address, checked_exposure, credentials, is_loopback
from facewright.service.live.captures import allowed_path

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.5.6.7", "localhost", "::1", "[::1]"])
def test_addresses_of_this_machine_are_served_without_a_secret(host):
    assert is_loopback(host)
    checked_exposure(ServiceConfig(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "studio.example"])
def test_addresses_that_others_reach_need_tls_or_a_token(host):
    assert not is_loopback(host)
    with pytest.raises(ServeFailed, match="lets other machines connect"):
        checked_exposure(ServiceConfig(host=host))
    checked_exposure(ServiceConfig(host=host, token=TOKEN))
    checked_exposure(ServiceConfig(host=host, tls_cert=Path("a"), tls_key=Path("b")))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tls_cert": Path("a")}, "a certificate and its key"),
        ({"client_ca": Path("a")}, "with TLS only"),
        ({"token": "short"}, "5 characters"),
        ({"token": "schlüssel-für-alle"}, "clients cannot send"),
        ({"token": "two words of a token"}, "clients cannot send"),
    ],
)
def test_half_settings_are_refused(settings, message):
    with pytest.raises(ServeFailed, match=message):
        checked_exposure(ServiceConfig(**settings))


def test_a_missing_certificate_is_named(tmp_path):
    with pytest.raises(ServeFailed, match="absent.pem"):
        credentials(ServiceConfig(tls_cert=tmp_path / "absent.pem", tls_key=tmp_path / "absent.pem"))


def test_files_that_are_no_certificate_and_key_are_named_and_not_blamed_on_the_port(tmp_path):
    (tmp_path / "a.pem").write_text("no certificate")
    with pytest.raises(ServeFailed, match="a.pem and .*a.pem are no certificate and its key"):
        credentials(ServiceConfig(tls_cert=tmp_path / "a.pem", tls_key=tmp_path / "a.pem"))


def test_a_token_is_not_part_of_what_a_config_prints():
    assert TOKEN not in repr(ServiceConfig(token=TOKEN))


def test_addresses_of_both_kinds_are_joined_with_the_port():
    assert (address("127.0.0.1", 5), address("::1", 5), address("[::1]", 5)) == ("127.0.0.1:5", "[::1]:5", "[::1]:5")


@pytest.mark.parametrize("path", ["../secret.mp4", "a/../../secret.mp4", "/secret.mp4", "..", ".", "link/secret.mp4"])
def test_no_path_leads_out_of_the_folder_of_video_files(tmp_path, path):
    folder = tmp_path / "videos"
    folder.mkdir()
    (tmp_path / "secret.mp4").write_bytes(b"")
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(SourceUnavailable, match="leads out"):
        allowed_path(path, folder, is_local_only=True)


def test_a_path_below_the_folder_is_found(tmp_path):
    assert allowed_path("take/1.mp4", tmp_path, is_local_only=False) == tmp_path.resolve() / "take" / "1.mp4"


def test_without_a_folder_only_clients_of_this_machine_open_files(tmp_path):
    assert allowed_path(str(tmp_path / "a.mp4"), None, is_local_only=True) == tmp_path / "a.mp4"
    with pytest.raises(SourceUnavailable, match="other machines"):
        allowed_path(str(tmp_path / "a.mp4"), None, is_local_only=False)
    with pytest.raises(SourceUnavailable, match="zero byte"):
        allowed_path("a\0.mp4", None, is_local_only=True)
