"""The outlook in one format and language: what the command line, schedules and the API all call."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from service.outlook.build import Outlook
from service.outlook.language import language
from service.outlook.page import html, pdf
from service.outlook.plaintext import sms, text
from service.outlook.teller import Teller


class OutlookFormat(StrEnum):
    """How an outlook is written."""

    html = "html"
    pdf = "pdf"
    txt = "txt"
    sms = "sms"


MAKERS: dict[OutlookFormat, Callable[[Teller], bytes]] = {
    OutlookFormat.html: html,
    OutlookFormat.pdf: pdf,
    OutlookFormat.txt: lambda teller: text(teller).encode(),
    OutlookFormat.sms: lambda teller: f"{sms(teller).text}\n".encode(),
}


def render(outlook: Outlook, format_: str, lang: str) -> bytes:
    """The outlook as bytes, UTF-8 but for PDF; `format_` is html, pdf, txt or sms, `lang` a code.

    Raises InputError for a format or language that there is none of, and for PDF where WeasyPrint
    or Pango is missing.
    """
    known = [each.value for each in OutlookFormat]
    if format_ not in known:
        why = f"is no format of outlooks{did_you_mean(format_, known)}; give {listed(known)}"
        raise InputError(Finding("--format", why, value=format_))
    return MAKERS[OutlookFormat(format_)](Teller(outlook, language(lang)))
