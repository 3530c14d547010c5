"""Makes the Python stubs from the protocol; `python3 build.py protos` runs it in an environment with grpcio-tools.

An old grpcio-tools makes stubs that old and new protobuf both load (docs/decisions/0011-grpc-service.md). Their imports
are made relative, so that the folder works wherever it is put, inside an extension of Blender as well.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
SOURCES = sorted(PROTOS.glob("facewright/v1/*.proto"))
TARGET = PROTOS.parent / "clients" / "python" / "facewright_client" / "generated"
ABSOLUTE_IMPORT = re.compile(r"^from facewright\.v1 import (\w+_pb2)", re.MULTILINE)


CHECKS = (["format", "--diff", "--exit-code"], ["lint"], ["breaking", "--against", "released.binpb"])
"""What buf is asked: whether the protocol is tidy, follows the rules, and breaks no client of the last release."""


def main(buf: str) -> int:
    """Check the protocol with buf, then write the stubs and beside them the hash of what they were made from."""
    for words in CHECKS:
        if subprocess.call([buf, *words], cwd=PROTOS):
            print(f"error: `buf {' '.join(words)}` found something in protos/, see above", file=sys.stderr)
            return 1
    return write_stubs()


def write_stubs() -> int:
    """Run protoc and make the imports relative."""
    import grpc_tools
    from grpc_tools import protoc

    well_known = Path(grpc_tools.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        outputs = [f"--{kind}={folder}" for kind in ("python_out", "pyi_out", "grpc_python_out")]
        code = protoc.main(["protoc", f"-I{PROTOS}", f"-I{well_known}", *outputs, *map(str, SOURCES)])
        if code:
            return code
        TARGET.mkdir(parents=True, exist_ok=True)
        for old in TARGET.glob("*_pb2*"):
            old.unlink()
        for made in sorted(Path(folder, "facewright", "v1").iterdir()):
            (TARGET / made.name).write_text(ABSOLUTE_IMPORT.sub(r"from . import \1", made.read_text()))
    (TARGET / "__init__.py").write_text('"""Stubs made from protos/ by `python3 build.py protos`; never edited."""\n')
    (TARGET / "protos.sha256").write_text(digest() + "\n")
    return 0


def digest() -> str:
    """Return the SHA-256 of the protocol's files."""
    whole = hashlib.sha256()
    for source in SOURCES:
        whole.update(source.name.encode() + b"\0" + source.read_bytes())
    return whole.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
