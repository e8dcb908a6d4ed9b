"""Makes .venv from requirements.lock and the workspace: called by make, with whatever Python the machine has.

It must be parsed by any Python 3, so that an old one gets a clear message: no newer syntax here.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
LOCK = os.path.join(ROOT, "requirements.lock")
MEMBERS = (
    ".",
    "plugins/glue",
    "plugins/emr",
    "plugins/ecs",
    "plugins/local",
    "plugins/openlineage",
    "plugins/iceberg",
    "asl_generator",
    "asl_toolkit",
    "extract_cli",
    "extract_job",
    "extract_testing",
    "examples/extract-batch",
)
OLDEST = (3, 11)


def fail(message):
    sys.stderr.write("set-up: " + message + "\n")
    raise SystemExit(2)


def fingerprint(paths):
    """One hash over this Python, this place, the members' folders and these files: same hash, nothing to do."""
    digest = hashlib.sha256("\n".join((sys.version, ROOT) + MEMBERS).encode())
    for path in paths:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def stamped(name):
    """The fingerprint that the last set-up left, or None."""
    path = os.path.join(VENV, name)
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return file.read()


def stamp(name, wanted):
    with open(os.path.join(VENV, name), "w") as file:
        file.write(wanted)


def run(command, environ):
    done = subprocess.call(command, cwd=ROOT, env=environ)
    if done != 0:
        fail("this command ended with %d: %s" % (done, " ".join(command)))


def main():
    if sys.version_info < OLDEST:
        fail(
            "Python %d.%d or newer is needed, and this is %s (%s).\n"
            "        Name another one: make PYTHON=python3.12 demo" % (OLDEST + (sys.version.split()[0], sys.executable))
        )
    packages = fingerprint([LOCK])
    members = fingerprint([os.path.join(ROOT, member, "pyproject.toml") for member in MEMBERS] + [os.path.abspath(__file__)])
    scripts = os.path.join(VENV, "bin")
    python = os.path.join(scripts, "python")
    # uv_build, the build backend, is found on PATH.
    environ = dict(os.environ, PATH=scripts + os.pathsep + os.environ.get("PATH", ""), PIP_DISABLE_PIP_VERSION_CHECK="1")
    environ.pop("PYTHONPATH", None)
    pip = [python, "-m", "pip", "install", "--quiet"]
    if stamped("packages.sha256") != packages:
        make_venv()
        run(pip + ["--require-hashes", "--requirement", LOCK], environ)
        stamp("packages.sha256", packages)
    if stamped("members.sha256") != members:
        editable = []
        for member in MEMBERS:
            editable += ["--editable", os.path.join(ROOT, member)]
        run(pip + ["--no-deps", "--no-build-isolation"] + editable, environ)
        stamp("members.sha256", members)


def make_venv():
    """A new, empty .venv: what the lock no longer holds must not stay."""
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        fail(
            "this Python (%s) has no venv module; on Debian and Ubuntu: apt-get install python%d.%d-venv"
            % ((sys.executable,) + sys.version_info[:2])
        )
    sys.stderr.write("set-up: making .venv (once, one to three minutes)\n")
    if os.path.isdir(VENV):
        shutil.rmtree(VENV)
    venv.create(VENV, with_pip=True)


if __name__ == "__main__":
    main()
