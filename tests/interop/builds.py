"""Builds the example clients below build/interop, once; what is there already is taken as it is or built on."""

import shutil
import tarfile
from pathlib import Path

import pytest

from interop.machine import BUILD, ROOT, fetch_debian_sources, must_build, need_debian_packages, run_or_skip

CPP_PACKAGES = (
    "g++", "cmake", "make", "pkg-config", "libgrpc++-dev", "libprotobuf-dev", "protobuf-compiler",
    "protobuf-compiler-grpc",
)  # fmt: skip
CSHARP_PACKAGES = (
    "g++", "protobuf-compiler", "libprotobuf-dev", "libprotoc-dev", "mono-mcs", "mono-runtime",
    "libmono-system-net-http4.0-cil",
)  # fmt: skip
PROTOS = ROOT / "protos"
CLIENTS = ROOT / "clients"
PROTO_FILES = sorted(PROTOS.glob("facewright/v1/*.proto"))
RPC_PROTO = CLIENTS / "cpp" / "google_rpc.proto"
# Warnings about missing comments and about attributes that say that a type keeps to no common language specification.
MCS = ("mcs", "-nowarn:1591,3021")


def build_cpp_client() -> list[str]:
    """Build the C++ example and return the command that starts it."""
    need_debian_packages(*CPP_PACKAGES)
    folder = BUILD / "cpp"
    must_build(["cmake", "-S", CLIENTS / "cpp", "-B", folder])
    must_build(["cmake", "--build", folder, "-j2"])
    return [str(folder / "facewright_example")]


def build_node_client() -> list[str]:
    """Copy the Node.js example, install what it needs, and return the command that starts it."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("no Node.js here")
    folder = BUILD / "clients" / "node"
    lock = CLIENTS / "node" / "package-lock.json"
    installed = folder / "package-lock.json"
    is_fresh = (folder / "node_modules").is_dir() and installed.read_bytes() == lock.read_bytes()
    for source in ("protos", "clients/cpp", "clients/node"):
        shutil.copytree(
            ROOT / source, BUILD / source, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "build")
        )
    if not is_fresh:
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        run_or_skip([npm, "ci", "--silent", "--no-audit", "--no-fund"], folder)
    return [node, str(folder / "example.mjs")]


def build_csharp_tools() -> Path:
    """Build Google.Protobuf.dll and grpc_csharp_plugin from Debian's sources and return the folder that holds them."""
    need_debian_packages(*CSHARP_PACKAGES)
    folder = BUILD / "csharp"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "grpc_csharp_plugin").exists() or not (folder / "Google.Protobuf.dll").exists():
        fetch_debian_sources(["protobuf", "grpc"], folder)
        _build_protobuf_runtime(_unpack(folder, "protobuf", "csharp/src/Google.Protobuf"), folder)
        _build_csharp_plugin(_unpack(folder, "grpc", "src/compiler", "include/grpcpp"), folder)
    return folder


def make_csharp_stubs(tools: Path, folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the C# files of the messages and those of the services, made from protos/."""
    must_build(
        ["protoc", "-I", PROTOS, "-I", RPC_PROTO.parent, f"--plugin=protoc-gen-grpc={tools / 'grpc_csharp_plugin'}",
         f"--csharp_out={folder}", f"--grpc_out={folder}", "--grpc_opt=no_server", RPC_PROTO, *PROTO_FILES]
    )  # fmt: skip
    services = sorted(folder.glob("*Grpc.cs"))
    return sorted(set(folder.glob("*.cs")) - set(services)), services


def compile_csharp(target: Path, sources: list[Path], references: list[Path | str]) -> None:
    """Compile C# 7 files into a library or, where target is an .exe, a program; fail the test if that fails."""
    kind = "exe" if target.suffix == ".exe" else "library"
    words = [f"-r:{reference}" for reference in references]
    must_build([*MCS, "-langversion:7", f"-target:{kind}", f"-out:{target}", *words, *sources])


def _unpack(folder: Path, name: str, *parts: str) -> Path:
    """Unpack some folders of a source package and return the folder that holds them."""
    with tarfile.open(next(folder.glob(f"{name}_*.orig.tar.*"))) as archive:
        top = archive.getnames()[0].split("/")[0]
        wanted = tuple(f"{top}/{part}/" for part in parts)
        members = [member for member in archive.getmembers() if member.name.startswith(wanted)]
        archive.extractall(folder, members=members, filter="data")
    return folder / top


def _build_protobuf_runtime(source: Path, folder: Path) -> None:
    """Compile the C# runtime of protobuf with Mono.

    mcs gets confused about partial classes unless their largest file comes first, and it hides a class of its own
    library that the runtime needs: clients/csharp/check/Unsafe.cs stands in for that.
    """
    sources = sorted((source / "csharp" / "src" / "Google.Protobuf").rglob("*.cs"))
    sources.sort(key=lambda path: path.name != "Descriptor.cs")
    target = folder / "Google.Protobuf.dll"
    shim = CLIENTS / "csharp" / "check" / "Unsafe.cs"
    options = ["-langversion:latest", "-unsafe", "-target:library", f"-out:{target}"]
    must_build([*MCS, *options, *sources, shim])


def _build_csharp_plugin(source: Path, folder: Path) -> None:
    """Compile the plugin of protoc that makes C# services; Debian leaves it out of its package."""
    files = [source / "src" / "compiler" / name for name in ("csharp_generator.cc", "csharp_plugin.cc")]
    include = ["-I", source, "-I", source / "include"]
    libraries = ["-lprotoc", "-lprotobuf", "-lpthread"]
    must_build(["g++", "-std=c++14", *include, *files, "-o", folder / "grpc_csharp_plugin", *libraries])
