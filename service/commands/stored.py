"""The store that NUZUH_DATABASE names, for commands that read what is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import Finding, InputError, NuzuhError

if TYPE_CHECKING:
    from service.store.store import Store

# How features.crisis begins when a crisis is neither a folder nor bundled.
NO_FOLDER = "no such crisis folder"


def open_store() -> Store:
    """The store. Raises InputError for a SQLite file that is not there, and makes none."""
    from service.settings import load_settings
    from service.store.engine import is_missing, shown_address
    from service.store.store import Store

    url = load_settings().database
    if is_missing(url):
        why = (
            "there is no such file; is it misspelled? nuzuh serve and nuzuh crisis import make one"
        )
        raise InputError(Finding("NUZUH_DATABASE", why, value=shown_address(url)))
    return Store(url)


def stored_crises() -> list[str]:
    """Ids of the crises in the store; none without a store, or without the service's libraries."""
    try:
        with open_store() as store:
            return store.crises()
    except (ImportError, NuzuhError):
        return []


def told(finding: Finding) -> str:
    """A finding as text, with the way out where a crisis that is no folder is in the store."""
    name = finding.file
    if not finding.why.startswith(NO_FOLDER) or name not in stored_crises():
        return str(finding)
    way = f"`nuzuh crisis export {name} DIR` first, or ask over the API"
    return f"{finding}; it is in the store: {way}"
