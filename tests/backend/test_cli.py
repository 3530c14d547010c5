"""Tests of parsing, configs from options, exit codes and the one-line form of errors."""

import os
import subprocess
import sys

import pytest
from PIL import Image
from skimage.data import astronaut

from facewright import __version__, cli
from facewright.config import FittingConfig
from facewright.datatypes import Progress
from facewright.errors import ConfigInvalid


def parse(*words):
    return cli.build_parser().parse_args(words)


def test_options_become_the_config(monkeypatch, tmp_path):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path))
    options = parse(
        "fit", "a.png", "--out", "o", "--rig", "other", "--engine", "software", "--set", "fitting.iterations=7"
    )
    config = cli.build_config(options)
    assert (config.rig, config.engine, config.device, config.cache_dir) == ("other", "software", "auto", tmp_path)
    assert config.fitting == FittingConfig(iterations=7)


def test_without_the_environment_the_users_cache_is_taken(monkeypatch):
    monkeypatch.delenv("FACEWRIGHT_CACHE", raising=False)
    assert cli.environment_config().cache_dir is None


@pytest.mark.parametrize(
    "words",
    [
        ("fit", "a.png"),
        ("fit", "--out", "o"),
        ("fit", "a.png", "--out", "o", "--face", "two"),
        ("fit", "a.png", "--out", "o", "--engine", "vulkan"),
        ("batch", "--out", "o"),
        ("random", "--out", "o"),
        ("rig",),
        ("rig", "export", "--out", "head.glb"),
        ("rig", "export", "--format", "stl", "--out", "head.stl"),
        ("rig", "export", "--format", "glb", "--out", "head.glb", "--random", "1", "--from", "rig.json"),
        ("sculpt",),
        (),
    ],
)
def test_a_wrong_command_line_exits_with_two(words, capsys):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(words)
    assert exit_info.value.code == 2
    assert "usage: facewright" in capsys.readouterr().err


def test_an_error_is_one_line_with_reason_and_remedy(capsys, tmp_path):
    code = cli.main(["fit", "a.png", "--out", str(tmp_path), "--set", "fitting.iterations=many"])
    captured = capsys.readouterr()
    assert code == 2 and captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("error: CONFIG_INVALID: ") and " Remedy: " in captured.err


def test_what_is_missing_is_named_and_nothing_else(capsys):
    with pytest.raises(SystemExit):
        cli.main(["fit"])
    assert "are required: --out, PHOTO\n" in capsys.readouterr().err


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["--version"])
    assert exit_info.value.code == 0
    assert capsys.readouterr().out == f"facewright {__version__}\n"


def test_help_tells_the_exit_codes_and_every_setting_with_its_default(capsys):
    for words in (["--help"], ["fit", "--help"]):
        with pytest.raises(SystemExit):
            cli.main(words)
    shown = capsys.readouterr().out
    assert "130 after Ctrl-C" in shown
    assert "fitting.iterations=50 (0 to 10000)\n      steps of the imitator stage." in shown


@pytest.mark.parametrize("command", ["fit", "batch", "random"])
def test_results_that_could_not_be_written_are_told_before_anything_is_loaded(
    command, capsys, tmp_path, astronaut_png, nothing_is_loaded
):
    (tmp_path / "file").touch()
    words = {"random": ["--count", "1"]}.get(command, [str(astronaut_png)])
    assert cli.main([command, *words, "--out", str(tmp_path / "file" / "head")]) == 2
    assert capsys.readouterr().err.startswith("error: OUTPUT_NOT_WRITABLE: ")


@pytest.mark.parametrize("form", ["glb", "obj", "blend", "fbx"])
def test_a_file_that_could_not_be_exported_is_told_before_anything_is_loaded(form, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("facewright.pipelines.rig_export.export_rig", lambda *_: pytest.fail("nothing may be loaded"))
    (tmp_path / "file").touch()
    (tmp_path / f"folder.{form}").mkdir()
    for place, remedy in ((f"file/a.{form}", "a file has the folder's name"), (f"folder.{form}", "a folder has the")):
        assert cli.main(["rig", "export", "--format", form, "--out", str(tmp_path / place)]) == 2
        line = capsys.readouterr().err
        assert line.startswith("error: OUTPUT_NOT_WRITABLE: ") and f"Remedy: {remedy}" in line and "--out" in line


def test_a_gallery_that_could_not_be_written_is_told_before_any_photo_is_fitted(capsys, tmp_path, nothing_is_loaded):
    (tmp_path / "all.blend").mkdir()
    assert cli.main(["batch", "a.png", "--out", str(tmp_path / "o"), "--blend", str(tmp_path / "all.blend")]) == 2
    line = capsys.readouterr().err
    assert line.startswith("error: OUTPUT_NOT_WRITABLE: ") and "another name with --blend" in line


def test_help_of_the_export_spells_blender_with_a_capital(capsys):
    with pytest.raises(SystemExit):
        cli.main(["rig", "export", "--help"])
    assert "Write a head as a file for Blender, a game engine" in " ".join(capsys.readouterr().out.split())


def test_a_photo_that_cannot_be_read_is_told_before_anything_is_loaded(
    capsys, tmp_path, astronaut_png, nothing_is_loaded
):
    (tmp_path / "cut.png").write_bytes(astronaut_png.read_bytes()[:20_000])
    for words in (["no.png"], [str(astronaut_png), str(tmp_path / "cut.png")], [str(tmp_path)]):
        assert cli.main(["fit", *words, "--out", str(tmp_path / "head")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[2].partition(": ")[0] for line in lines] == ["IMAGE_UNREADABLE"] * 3
    assert "is a folder. Remedy: give a photo; for all photos of a folder use `facewright batch`" in lines[2]


def test_a_photo_that_its_own_result_would_replace_is_refused(capsys, tmp_path, astronaut_png, nothing_is_loaded):
    photo = astronaut_png.rename(tmp_path / "front.png")
    assert cli.main(["fit", str(photo), "--out", str(tmp_path)]) == 2
    assert f"error: CONFIG_INVALID: {photo} would be written over" in capsys.readouterr().err


@pytest.fixture
def astronaut_png(tmp_path):
    """Return a real photo."""
    Image.fromarray(astronaut()).save(tmp_path / "astronaut.png")
    return tmp_path / "astronaut.png"


@pytest.fixture
def nothing_is_loaded(monkeypatch):
    """Fail where networks are loaded."""
    from facewright.pipelines.photo import PhotoPipeline

    monkeypatch.setattr(PhotoPipeline, "from_config", lambda _config: pytest.fail("nothing may be loaded"))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:99999", "127.0.0.1:0", "http://127.0.0.1:50550", ":1", ""])
def test_an_address_that_is_none_is_refused_before_the_network_is_asked(address):
    with pytest.raises(ConfigInvalid, match="is not HOST:PORT"):
        cli.server_of(parse("rig", "list", "--server", address))


@pytest.mark.parametrize("address", ["127.0.0.1:50550", "[::1]:50550", "unix:/run/a", "a-b.example.org:1"])
def test_addresses_are_taken_as_they_are(address):
    assert cli.server_of(parse("rig", "list", "--server", address)).address == address


@pytest.mark.parametrize("option", ["--token-file", "--tls-ca"])
def test_an_option_for_a_server_without_one_is_refused(option):
    for words in (["fit", "a.png", "--out", "o"], ["rig", "list"]):
        with pytest.raises(ConfigInvalid, match=f"{option} is for a server"):
            cli.server_of(parse(*words, option, "file"))


def test_certificates_to_trust_that_are_none_are_told_before_the_network_is_asked(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigInvalid, match="--tls-ca .*ca.pem holds no certificate"):
        cli.server_of(parse("rig", "list", "--server", "127.0.0.1:1", "--tls-ca", str(tmp_path / "ca.pem")))


def test_an_unknown_log_level_is_an_error(monkeypatch, capsys):
    monkeypatch.setenv("FACEWRIGHT_LOG", "loud")
    assert cli.main(["rig", "list"]) == 2
    assert "FACEWRIGHT_LOG is 'loud'" in capsys.readouterr().err


def test_ctrl_c_exits_with_130_and_a_line(monkeypatch, capsys):
    def interrupt(_config):
        raise KeyboardInterrupt

    monkeypatch.setattr("facewright.doctor.examine", interrupt)
    assert cli.main(["doctor"]) == 130
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["random", "--count", "0", "--out", "o"], "--count is 0"),
        (["random", "--count", "1", "--seed", "-5", "--out", "o"], "--seed is -5"),
        (["random", "--count", "1", "--out", "o", "--server", "a:1", "--sheet"], "--sheet and --server"),
        (["random", "--count", "1", "--out", "o", "--server", "a:1", "--set", "output.front_px=64"], "output.front_px"),
        (["fit", "a.png", "--out", "o", "--face", "-1"], "--face is -1"),
        (["serve", "--metrics-port", "99999"], "--metrics-port is 99999"),
        (["serve", "--videos", "nowhere"], "--videos nowhere is no folder"),
        (["serve", "--exit-with-parent", "-1"], "--exit-with-parent is -1"),
        (["batch", "a.png", "--out", "o", "--workers", "0"], "--workers is 0"),
        (["batch", "a.png", "--out", "o", "--blend", "all.glb"], "--blend all.glb does not end in .blend"),
        (["batch", "a.png", "--out", "o", "--blender", "blender"], "--blender is for --blend"),
        (["rig", "export", "--format", "glb", "--out", "a.obj"], "--out a.obj does not end in .glb"),
        (["rig", "export", "--format", "glb", "--out", "."], "--out . does not end in .glb"),
        (["rig", "export", "--format", "glb", "--out", "a.glb", "--random", "-3"], "--random is -3"),
        (["rig", "export", "--format", "glb", "--out", "a.glb", "--blender", "blender"], "--blender is not used"),
    ],
)
def test_numbers_endings_and_options_without_effect_are_told_at_once(words, message, capsys, nothing_is_loaded):
    assert cli.main(words) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"error: CONFIG_INVALID: {message}") and " Remedy: " in line and line.count("\n") == 1


def test_rig_list_names_the_default_rig(capsys):
    assert cli.main(["rig", "list"]) == 0
    assert capsys.readouterr().out.startswith("makehuman ")


def test_exporting_what_is_no_rig_json_is_an_error(capsys, tmp_path):
    (tmp_path / "rig.json").write_text("[]")
    words = [
        "rig",
        "export",
        "--format",
        "glb",
        "--out",
        str(tmp_path / "head.glb"),
        "--from",
        str(tmp_path / "rig.json"),
    ]
    assert cli.main(words) == 2
    assert f"error: RIG_INVALID: {tmp_path / 'rig.json'}, at the top: " in capsys.readouterr().err
    assert not (tmp_path / "head.glb").exists()


def test_compiling_an_unknown_rig_is_an_error(capsys):
    assert cli.main(["rig", "compile", "--rig", "nobody"]) == 2
    assert "error: RIG_UNKNOWN: " in capsys.readouterr().err


def test_doctor_fails_where_model_files_are_missing(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path))
    assert cli.main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    failing = next(index for index, line in enumerate(lines) if line.startswith("[FAIL] model file"))
    assert "remedy: " in lines[failing + 1]


def test_a_cache_that_cannot_be_written_is_an_error_of_fetching(monkeypatch, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path / "file"))
    assert cli.main(["weights"]) == 2
    assert "error: OUTPUT_NOT_WRITABLE: " in capsys.readouterr().err


def test_progress_prints_each_stage_and_each_tenth_once():
    lines = []
    show = cli.StageLines(lines.append)
    show(Progress("observe", 0, 1))
    show(Progress("observe", 0, 1))
    for step in range(1, 21):
        show(Progress("imitator", step, 20, 0.5))
    assert lines[0] == "observe"
    assert len(lines) == 1 + 11
    assert lines[-1] == "imitator 20/20, loss 0.5000"


def test_logging_levels_are_checked():
    with pytest.raises(ConfigInvalid, match="FACEWRIGHT_LOG"):
        cli.set_up_logging("everything")


def test_the_command_line_imports_nothing_heavy_before_the_threads_are_limited():
    code = "import sys, facewright.cli; print(sorted({'numpy', 'torch', 'scipy', 'cv2'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert loaded.stdout.strip() == "[]"


def test_what_libraries_say_about_what_an_error_says_is_silenced_unless_asked_for(monkeypatch):
    monkeypatch.delenv("GRPC_VERBOSITY", raising=False)
    monkeypatch.setenv("OPENCV_FFMPEG_LOGLEVEL", "16")
    assert cli.main(["fit", "absent.png", "--out", "o"]) == 2
    assert (os.environ["GRPC_VERBOSITY"], os.environ["OPENCV_FFMPEG_LOGLEVEL"]) == ("NONE", "16")


def test_the_module_runs_as_a_program():
    shown = subprocess.run([sys.executable, "-m", "facewright", "--help"], capture_output=True, text=True, check=False)
    assert shown.returncode == 0 and "fit" in shown.stdout and "doctor" in shown.stdout


def test_a_style_that_is_asked_for_becomes_a_setting():
    options = parse("fit", "a.png", "--out", "o", "--style", "hair=bob", "--style", "glasses=round")
    config = cli.build_config(options)
    assert (config.style.hair, config.style.glasses, config.style.beard) == ("bob", "round", "")


@pytest.mark.parametrize("text", ["bob", "hat=bowler"])
def test_a_style_of_no_group_is_an_error_that_names_the_groups(text):
    options = parse("random", "--count", "1", "--out", "o", "--style", text)
    with pytest.raises(ConfigInvalid, match=text) as error_info:
        cli.build_config(options)
    assert "hair, brows, beard" in error_info.value.remedy


@pytest.mark.parametrize(("word", "share"), [("photo", 1.0), ("procedural", 0.0), ("0.25", 0.25)])
def test_skin_says_how_much_of_the_photo_is_on_it_and_an_explicit_setting_wins(word, share):
    options = parse("fit", "a.png", "b.png", "--out", "o", "--skin", word)
    assert [path.name for path in options.more] == ["b.png"]
    assert cli.build_config(options).skin.share == share
    both = parse("batch", "a.png", "--out", "o", "--skin", word, "--set", "skin.share=0.75")
    assert cli.build_config(both).skin.share == 0.75
