"""Where assets and the user's folders are found."""

from pathlib import Path

import pytest

from resnet_viewer import paths


def test_a_checkout_keeps_its_assets_beside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "resnet_viewer"
    package.mkdir()
    assert paths.asset("weights", "a.safetensors", package=package) == (
        tmp_path / "assets" / "weights" / "a.safetensors"
    )


def test_an_installed_wheel_keeps_its_assets_inside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "resnet_viewer"
    (package / "assets").mkdir(parents=True)
    (tmp_path / "assets").mkdir()  # another package's folder of that name must not win
    assert paths.asset("weights", package=package) == package / "assets" / "weights"


def test_the_pages_travel_as_assets_do(tmp_path: Path) -> None:
    package = tmp_path / "resnet_viewer"
    package.mkdir()
    assert paths.document("training.md", package=package) == tmp_path / "docs" / "training.md"
    (package / "docs").mkdir()
    assert paths.document("training.md", package=package) == package / "docs" / "training.md"


def test_the_assets_and_pages_are_there() -> None:
    assert paths.asset("pictures").is_dir()
    assert paths.document("training.md").is_file()


def test_every_folder_of_the_user_moves_with_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    folders = [
        paths.settings_dir(),
        paths.cache_dir(),
        paths.log_dir(),
        paths.runs_dir(),
        paths.studies_dir(),
    ]
    assert [folder.parent for folder in folders] == [tmp_path] * 5
    assert len(set(folders)) == 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["", "  "])
def test_without_the_variable_they_are_the_systems(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, value)
    folders = [
        paths.settings_dir(),
        paths.cache_dir(),
        paths.log_dir(),
        paths.runs_dir(),
        paths.studies_dir(),
    ]
    assert all(folder.is_absolute() and "resnet-viewer" in str(folder) for folder in folders)


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(paths.HOME_VARIABLE, "here")
    assert paths.settings_dir() == tmp_path / "here" / "settings"
