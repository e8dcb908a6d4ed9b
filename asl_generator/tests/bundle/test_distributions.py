from __future__ import annotations

from pathlib import Path

import pytest

from asl_generator.bundle.distributions import Distributions
from asl_generator.bundle.target import BundleTarget
from asl_generator.errors import GeneratorError

WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\nTag: {tag}\n"


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def install(site: Path, name: str, *, requires=(), files=(), tag="py3-none-any") -> None:
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    lines = [f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {text}" for text in requires)]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    (info / "WHEEL").write_text(WHEEL.format(pure=tag == "py3-none-any", tag=tag))
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in (*files, f"{info.name}/RECORD")))
    for path in files:
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text("")


def test_what_is_required_at_the_target_comes_too(site, tmp_path):
    install(site, "acme-farm", requires=["acme-barn[hay]", "acme-old; python_version < '3.12'",
            "acme-win; sys_platform == 'win32'"], files=["acme_farm/__init__.py"])  # fmt: skip
    install(site, "acme-barn", requires=["acme-hay; extra == 'hay'", "acme-straw; extra == 'straw'"], files=["acme_barn.py"])
    install(site, "acme-hay", files=["acme_hay/__init__.py", "acme_hay/x.py"])
    install(site, "acme-old", files=["acme_old.py"])
    built = Distributions(["Acme_Farm"], BundleTarget("arm64", "3.13"), tmp_path)
    assert built.versions == {"acme-barn": "1.0", "acme-farm": "1.0", "acme-hay": "1.0"}
    assert built.folders == {"acme_barn": [site], "acme_farm": [site], "acme_hay": [site]}
    assert "acme-old" in Distributions(["acme-farm"], BundleTarget("arm64", "3.11"), tmp_path).versions


def test_all_missing_distributions_are_named_with_what_requires_them(site, tmp_path):
    install(site, "acme-farm", requires=["acme-ox", "acme-cow"])
    with pytest.raises(GeneratorError) as raised:
        Distributions(["acme-farm"], BundleTarget(), tmp_path)
    assert raised.value.faults == (
        "acme-farm requires acme-cow, which is not installed; install the distribution acme-cow (docs/start.md says how)",
        "acme-farm requires acme-ox, which is not installed; install the distribution acme-ox (docs/start.md says how)",
    )


def test_an_editable_installation_is_read_from_the_folder_of_its_pth_file(site, tmp_path):
    source = tmp_path / "source"
    (source / "acme_farm").mkdir(parents=True)
    (source / "acme_farm" / "__init__.py").write_text("")
    install(site, "acme-farm", files=["acme_farm.pth"])
    (site / "acme_farm.pth").write_text(f"{source}\n")
    assert Distributions(["acme-farm"], BundleTarget(), tmp_path).folders == {"acme_farm": [source]}
    (site / "acme_farm.pth").write_text("import __editable___acme_finder; __editable___acme_finder.install()\n")
    with pytest.raises(GeneratorError, match=r"^acme-farm 1.0 is an editable installation that only its import hook can read: "):
        Distributions(["acme-farm"], BundleTarget(), tmp_path)


def test_a_compiled_distribution_that_runs_at_the_target_is_read_from_here(site, tmp_path):
    install(site, "acme-fast", files=["acme_fast.cpython-313-aarch64-linux-gnu.so"], tag="cp313-cp313-manylinux_2_28_aarch64")
    assert Distributions(["acme-fast"], BundleTarget("arm64", "3.13"), tmp_path).folders == {"acme_fast": [site]}


def test_a_target_without_a_wheel_is_refused_with_what_pip_says(site, tmp_path, monkeypatch):
    install(site, "acme-fast", files=["acme_fast.cpython-313-x86_64-linux-gnu.so"], tag="cp313-cp313-manylinux_2_28_x86_64")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(GeneratorError) as raised:
        Distributions(["acme-fast"], BundleTarget("arm64", "3.13"), tmp_path)
    text = str(raised.value)
    assert text.startswith("no wheel of acme-fast==1.0 for arm64 and Python 3.13 was downloaded: pip says: ERROR: ")
    assert text.endswith("; choose another architecture or python, or check pip's index")


def test_the_wheels_of_a_target_are_as_new_as_its_glibc():
    platforms = BundleTarget("arm64", "3.13").platforms
    assert platforms[0] == "manylinux_2_34_aarch64"
    assert platforms[-2:] == ("manylinux_2_17_aarch64", "manylinux2014_aarch64")
    assert BundleTarget("x86_64", "3.11").platforms[0] == "manylinux_2_26_x86_64"


@pytest.mark.parametrize(
    ("tag", "runs"),
    [
        ("cp313-cp313-manylinux2014_aarch64", True),
        ("cp313-cp313-manylinux_2_28_aarch64", True),
        ("cp39-abi3-manylinux_2_17_aarch64", True),
        ("cp313-cp313-manylinux_2_35_aarch64", False),
        ("cp313-cp313-manylinux_2_28_x86_64", False),
        ("cp313-cp313-musllinux_1_2_aarch64", False),
        ("cp312-cp312-manylinux_2_28_aarch64", False),
        ("cp313-cp313t-manylinux_2_28_aarch64", False),
        ("cp313-cp313-macosx_11_0_arm64", False),
    ],
)
def test_a_wheel_runs_at_the_target_if_python_abi_and_platform_fit(tag, runs):
    assert BundleTarget("arm64", "3.13").runs([tag, "cp2-cp2-other"]) is runs


@pytest.mark.parametrize(
    ("architecture", "python", "faults"),
    [
        ("arm", "3.13", ("architecture 'arm' is not valid; did you mean 'arm64'?; choose arm64, x86_64",)),
        ("x86_64", "3.9", ("python '3.9' is not valid; choose 3.11, 3.12, 3.13, 3.14",)),
        ("amd64", "2", ("architecture 'amd64' is not valid", "python '2' is not valid")),
    ],
)
def test_a_target_that_lambda_does_not_have_is_refused(architecture, python, faults):
    with pytest.raises(GeneratorError) as raised:
        BundleTarget(architecture, python)
    for fault, expected in zip(raised.value.faults, faults, strict=True):
        assert fault.startswith(expected)
