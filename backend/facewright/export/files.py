"""Writes results whole or not at all: under a temporary name beside the target, then renamed."""

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from facewright.errors import ConfigInvalid, OutputNotWritable

_REMEDIES = {
    errno.ENOSPC: "free some disk space, or choose another folder with --out",
    errno.EDQUOT: "free some of your disk quota, or choose another folder with --out",
    errno.EACCES: "choose a folder that you may write to with --out",
    errno.EPERM: "choose a folder that you may write to with --out",
    errno.EROFS: "choose a folder on a writable disk with --out",
    errno.ENOTDIR: "a part of the path is a file; choose another folder with --out",
    errno.EEXIST: "a file has the folder's name; choose another folder with --out",
    errno.EISDIR: "a folder has the file's name; choose another name with --out",
    errno.ENAMETOOLONG: "choose a shorter name with --out",
}


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """Write one file so that it is there whole or not at all.

    Args:
        path: Where the file shall be; its folder is made when missing.
        write: Writes the content to the path it is given, which has the same suffix.

    Raises:
        OutputNotWritable: The disk is full, or the folder cannot be written to. Nothing of the file is left.
    """
    pending = PendingFile(path)
    try:
        with pending.guard():
            write(pending.path)
        pending.keep()
    finally:
        pending.discard()


class PendingFile:
    """A file that is being written under a temporary name beside its place.

    Args:
        target: Where the file shall be; its folder is made when missing.

    Attributes:
        path: Where to write until then, with the same suffix.

    Raises:
        OutputNotWritable: The folder cannot be made, or the place is taken by one.
    """

    def __init__(self, target: Path) -> None:
        self.target = Path(target)
        self.path = self.target.with_name(f".{self.target.stem}.{secrets.token_hex(4)}{self.target.suffix}")
        with self.guard():
            if self.target.is_dir():
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
            self.target.parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turn an OSError of the block into OutputNotWritable."""
        try:
            yield
        except OSError as error:
            raise not_writable(self.target, error) from error

    def keep(self) -> None:
        """Put the finished file in its place.

        Raises:
            OutputNotWritable: The disk is full, or the place is taken by a folder.
        """
        with self.guard():
            _sync(self.path)
            os.replace(self.path, self.target)

    def discard(self) -> None:
        """Leave nothing under the temporary name."""
        with suppress(OSError):
            self.path.unlink()


def write_folder(folder: Path, write: Callable[[Path], object]) -> None:
    """Write the files of a folder so that they appear together once all are complete.

    Args:
        folder: Where the files shall be; made when missing, other files in it stay.
        write: Writes files into the empty folder that it is given.

    Raises:
        OutputNotWritable: The disk is full, or the folder cannot be written to. Nothing new is left then.
    """
    folder = Path(folder)
    temporary, made = None, None
    missing = [place for place in folder.parents if not place.exists()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        write(temporary)
        made = None if folder.exists() else folder
        folder.mkdir(exist_ok=True)
        files = sorted(path for path in temporary.iterdir())
        for path in files:
            _sync(path)
        for path in files:
            os.replace(path, folder / path.name)
        made = None
    except OSError as error:
        raise not_writable(folder, error) from error
    except OutputNotWritable as error:
        if isinstance(error.__cause__, OSError):
            raise not_writable(folder, error.__cause__) from error.__cause__
        raise
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        for place in missing:
            with suppress(OSError):
                place.rmdir()  # only an empty one goes


def check_file(path: Path, option: str = "--out") -> None:
    """Check that `atomic_write` will be able to write a file; nothing is made.

    Args:
        path: Where the file shall be.
        option: What names it on the command line.

    Raises:
        OutputNotWritable: A folder has its name, a file that of a folder above it, or the permissions are missing.
    """
    try:
        if path.is_dir():
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        _check_place(path.absolute().parent)
    except OSError as error:
        raise not_writable(path, error, option) from error


def check_folder(folder: Path) -> None:
    """Check, that `write_folder` will be able to write a folder; nothing is made.

    Args:
        folder: Where files shall be.

    Raises:
        OutputNotWritable: A file has its name or that of a folder above it, or the permissions are missing.
    """
    try:
        _check_place(Path(folder).absolute())
    except OSError as error:
        raise not_writable(folder, error) from error


def check_inputs_stay(inputs: Iterable[Path | None], outputs: Iterable[Path | None]) -> None:
    """Check that no output is a file that is read; None stands for none.

    Raises:
        ConfigInvalid: One is.
    """
    written = [path for path in outputs if path is not None and path.exists()]
    for path in inputs:
        if path is not None and path.exists() and any(path.samefile(other) for other in written):
            raise ConfigInvalid(f"{path} would be written over", "choose another name for the output")


def not_writable(path: Path, error: OSError, option: str = "--out") -> OutputNotWritable:
    """Say what kept a path from being written and what to do about it."""
    remedy = _REMEDIES.get(error.errno or 0, "choose another folder with --out").replace("--out", option)
    return OutputNotWritable(f"{path} could not be written: {error.strerror or error}", remedy)


def _check_place(folder: Path) -> None:
    """Raise the OSError that making a folder of an absolute path, and files in it, would end in."""
    parent = next(place for place in folder.parents if place.exists())
    for place in (parent, folder) if folder.exists() else (parent,):
        if not place.is_dir():
            number = errno.EEXIST if place == folder else errno.ENOTDIR
            raise OSError(number, os.strerror(number))
        if not os.access(place, os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def _sync(path: Path) -> None:
    """Push a finished file to the disk, so that a full disk is noticed before the renaming."""
    if path.is_file():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
