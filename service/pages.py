"""Pages from the templates of this package: text is escaped, a name not given is an error."""

from __future__ import annotations

from collections.abc import Sequence
from gettext import NullTranslations
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **given: Any) -> str:
    """The page of a template that says all in English."""
    return _environment().get_template(template).render(**given)


def render_in(catalogue: NullTranslations, template: str, **given: Any) -> str:
    """The page of a template whose texts are marked for translation, by a catalogue."""
    environment = _environment(extensions=["jinja2.ext.i18n"])
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    return environment.get_template(template).render(**given)


def _environment(extensions: Sequence[str] = ()) -> Environment:
    return Environment(
        loader=PackageLoader("service"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=extensions,
    )
