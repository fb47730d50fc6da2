"""A folder: whole files under a name that cannot lead out of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from features.errors import InputError
from service.delivery.failures import Refused, TryLater
from service.delivery.letter import File, Letter
from service.emit import write_whole

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_name(name: str) -> str | None:
    """Why a text is no name of a folder, or None when it is one."""
    if NAME.fullmatch(name):
        return None
    return "is no name of a folder: letters a to z, digits and . _ - after the first"


def put(letter: Letter, name: str, root: Path) -> None:
    """Write the files into folder `name` of `root`, then a JSON file that lists them.

    Without a text among them that of the letter is written beside them. Who waits for the JSON
    finds the others whole. Raises Refused for a name that leads elsewhere,
    TryLater when the folder cannot be written.
    """
    folder = _inside(root, name)
    text = _text(letter)
    about = {
        "type": f"{letter.event}.sent",
        "id": letter.id,
        "corrects": letter.answers,
        **letter.about,
        "letter": _listed(text),
        "files": _listed(letter.files),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in (*text, *letter.files):
            write_whole(_inside(folder, file.name), file.content)
        write_whole(folder / f"{_stem(letter)}.json", json.dumps(about, indent=1).encode())
    except OSError as error:
        raise TryLater(f"the folder {name} cannot be written: {error.strerror}") from None
    except InputError as error:
        raise TryLater(f"the folder {name}: {error.findings[0].why}") from None


def _text(letter: Letter) -> tuple[File, ...]:
    """What a reader would read, unless it is among the files."""
    if any(file.media_type == "text/plain" for file in letter.files):
        return ()
    return (File(f"letter-{_stem(letter)}.txt", "text/plain", letter.text.encode()),)


def _listed(files: tuple[File, ...]) -> dict[str, dict[str, str]]:
    return {file.name: {"sha256": file.sha256} for file in files}


def _stem(letter: Letter) -> str:
    return f"{letter.event}-{letter.id}"


def _inside(root: Path, name: str) -> Path:
    if check_name(name):
        raise Refused(f"{name!r} {check_name(name)}")
    found = root / name
    if not found.resolve().is_relative_to(root.resolve()):
        raise Refused(f"{name!r} leads out of the folder")
    return found
