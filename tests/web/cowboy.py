# SPDX-License-Identifier: Apache-2.0
"""Where Cowboy is: installed, or taken out of its package without installing it, which would start a message broker."""
import glob, os, subprocess

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
LIBRARIES = ("cowboy", "cowlib", "ranch")


def place():
    """The folder that holds cowboy, cowlib and ranch."""
    given = os.environ.get("COWBOY_PATH")
    if given:
        return given
    for inside in ("/usr/lib/rabbitmq/lib/*/plugins", os.path.join(ROOT, "build", "cowboy", "usr/lib/rabbitmq/lib/*/plugins")):
        if glob.glob(os.path.join(inside, "cowboy-*")):
            return glob.glob(inside)[0]
    folder = os.path.join(ROOT, "build", "cowboy")
    os.makedirs(folder, exist_ok=True)
    download = ["apt-get", "download", "-qq", "rabbitmq-server"]
    if subprocess.run(download, cwd=folder, timeout=300).returncode != 0:   # the lists are too old, or not there
        subprocess.run(["apt-get", "update", "-qq"], check=True, timeout=300)
        subprocess.run(download, cwd=folder, check=True, timeout=300)
    subprocess.run(["dpkg-deb", "-x", glob.glob(os.path.join(folder, "rabbitmq-server_*.deb"))[0], folder], check=True, timeout=60)
    return glob.glob(inside)[0]


def code_paths():
    return [found for name in LIBRARIES for found in glob.glob(os.path.join(place(), name + "*", "ebin"))]
