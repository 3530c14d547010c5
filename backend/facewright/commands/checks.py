"""What is told before anything is loaded: folders that cannot be written, options and addresses that are none."""

import argparse
import re
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.commands.serving import read_token
from facewright.config import FacewrightConfig, changed_settings
from facewright.errors import ConfigInvalid

if TYPE_CHECKING:
    from facewright.commands.remote import ServerAddress

_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.%\w]+\]|[^:\[\]\s/]+):(?P<port>[0-9]{1,5})")

RESULT_PICTURES = ("front.png", "as_photo.png", "sheet.png", "skin_*.png", "head_*.png")
"""What a fit writes into its folder beside rig.json, head.glb and head.obj."""


def check_fit(photos: Sequence[Path], face_index: int, out: Path) -> None:
    """Check that a face can be asked for and that the results can be written.

    Raises:
        ConfigInvalid: the number of the face is none, or a photo is a picture of an earlier result.
        OutputNotWritable: the folder cannot be written.
    """
    from facewright.export.files import check_folder, check_inputs_stay

    check_whole("--face", face_index, 0)
    check_folder(out)
    check_inputs_stay(photos, [path for pattern in RESULT_PICTURES for path in out.glob(pattern)])


def check_batch(options: argparse.Namespace) -> None:
    """Check what a batch shall write.

    Raises:
        ConfigInvalid: the .blend has another ending, or a Blender is given for nothing.
        OutputNotWritable: the folder cannot get subfolders, or the .blend cannot be written.
    """
    from facewright.export.files import check_file

    check_whole("--workers", options.workers, 1)
    if options.blend is not None:
        check_ending("--blend", options.blend, "blend", "")
        check_file(options.blend, "--blend")
    elif options.blender is not None and not options.blend_each:
        raise ConfigInvalid("--blender is for --blend and --blend-each.", "Add one of them, or leave --blender out.")
    check_subfolders(options.out)


def check_random(options: argparse.Namespace, config: FacewrightConfig, server: "ServerAddress | None") -> None:
    """Check which random heads are asked for, and that they can be written.

    Raises:
        ConfigInvalid: a number is out of its range, or an option has no effect with a server.
        OutputNotWritable: the folder cannot get subfolders.
    """
    check_whole("--count", options.count, 1)
    check_whole("--seed", options.seed, 0)
    if server and options.sheet:
        raise ConfigInvalid("--sheet and --server do not go together.", "Leave one of them out.")
    idle = [name for name in changed_settings(config) if not name.startswith("style.")]
    if server and idle:
        raise ConfigInvalid(f"{', '.join(idle)} has no effect on random heads of a server.", "Leave it out.")
    check_subfolders(options.out)


def check_export(options: argparse.Namespace) -> None:
    """Check what a rig shall be exported to.

    Raises:
        ConfigInvalid: the file has the ending of another format, or an option has no effect.
        OutputNotWritable: the file cannot be written.
    """
    from facewright.export.files import check_file

    check_ending("--out", options.out, options.format, ", or take another --format")
    if options.random is not None:
        check_whole("--random", options.random, 0)
    if options.blender is not None and options.format not in ("blend", "fbx"):
        raise ConfigInvalid(f"--blender is not used for {options.format}.", "Leave it out, or export blend or fbx.")
    check_file(options.out)


def check_ending(option: str, path: Path, ending: str, otherwise: str) -> None:
    """Check that a file is named after its format.

    Raises:
        ConfigInvalid: it has another ending, or none.
    """
    if path.suffix.lower() != f".{ending}":
        raise ConfigInvalid(f"{option} {path} does not end in .{ending}.", f"Give it that ending{otherwise}.")


def check_whole(option: str, number: int, minimum: int) -> None:
    """Check a whole number; the most is what fits into 32 bits.

    Raises:
        ConfigInvalid: it is out of its range.
    """
    if not minimum <= number < 2**31:
        raise ConfigInvalid(f"{option} is {number}.", f"Give a whole number from {minimum} to {2**31 - 1}.")


def check_subfolders(out: Path) -> None:
    """Check that a folder can get subfolders.

    Raises:
        OutputNotWritable: it cannot.
    """
    from facewright.export.files import check_folder

    check_folder(out if out.is_file() else out / "0001")


def chosen_server(options: argparse.Namespace, token: str | None) -> "ServerAddress | None":
    """Return how the server of --server is reached, None without that option.

    Args:
        options: of a command that a server can do.
        token: from the environment, if there is one; that of --token-file wins.

    Raises:
        ConfigInvalid: the address is none, an option of this machine is given too, or one of a server without it;
            or the certificates to trust are none.
        ServeFailed: the token file cannot be read.
    """
    if options.server is None:
        for name in ("token-file", "tls-ca"):
            if getattr(options, name.replace("-", "_")) is not None:
                raise ConfigInvalid(f"--{name} is for a server, and there is no --server.", "Add --server HOST:PORT.")
        return None
    address = _ADDRESS.fullmatch(options.server)
    is_address = address is not None and 1 <= int(address["port"]) <= 65535
    if not is_address and not options.server.startswith("unix:"):
        raise ConfigInvalid(
            f"--server {options.server!r} is not HOST:PORT.", "Write it as 127.0.0.1:50550, with a port up to 65535."
        )
    for name in ("device", "engine"):
        if getattr(options, name, "auto") != "auto":
            raise ConfigInvalid(f"--{name} and --server do not go together.", f"Leave --{name} to the server.")
    from facewright.commands.remote import ServerAddress

    try:
        roots = None if options.tls_ca is None else options.tls_ca.read_bytes()
    except OSError as error:
        raise ConfigInvalid(f"--tls-ca {options.tls_ca}: {error.strerror}.", "Give a PEM file.") from error
    if roots is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(options.tls_ca)
        except OSError as error:
            raise ConfigInvalid(f"--tls-ca {options.tls_ca} holds no certificate.", "Give a PEM file.") from error
    return ServerAddress(options.server, token if options.token_file is None else read_token(options.token_file), roots)
