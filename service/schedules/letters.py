"""What each recipient is told of a tick."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.delivery.letter import Event, File, Letter, letter_id
from service.schedules.book import Kept
from service.schedules.diary import Key, Tick, moment
from service.schedules.editions import read_files, read_refusal
from service.schedules.schedule import Recipient
from service.schedules.words import crisis_name, say, why
from service.store.store import Store

TITLE = "title"


@dataclass(frozen=True)
class Letters:
    """The letters of one event of a tick, by language; what differs by recipient is put in last."""

    tick: Tick
    event: Event
    by_language: dict[str, Letter]

    def to(self, recipient: Recipient, language: str) -> Letter:
        """The letter of a recipient: by e-mail HTML beside the text and no SMS."""
        found = replace(self.by_language[language], id=id_of(self.tick.key, self.event, recipient))
        if self.event == "correction":
            found = replace(found, answers=id_of(self.tick.key, "outlook", recipient))
        if recipient.way != "email":
            return replace(found, html=None)
        attached = [file for file in found.files if file.media_type == "application/pdf"]
        return replace(found, files=tuple(attached))


def id_of(key: Key, event: Event, recipient: Recipient) -> str:
    """The id of a letter."""
    return letter_id(key.schedule_id, moment(key.at), event, str(recipient))


def write_letters(store: Store, kept: Kept, tick: Tick, event: Event) -> Letters:
    """The letters of an event, in every language that the schedule's recipients read."""
    schedule = kept.schedule
    languages = {schedule.language_of(one) for one in schedule.recipients}
    written = {
        language: _write(store, kept, tick, event, language) for language in sorted(languages)
    }
    about = {
        "schedule": schedule.id,
        "tick": moment(tick.key.at),
        "crisis": schedule.crisis_id,
        "as_of": tick.as_of.isoformat(),
    }
    return Letters(
        tick, event, {one: replace(letter, about=about) for one, letter in written.items()}
    )


def _write(store: Store, kept: Kept, tick: Tick, event: Event, language: str) -> Letter:
    if event == "refusal":
        return _refusal(store, tick, language)
    files = read_files(store, kept.schedule, tick)
    if event == "correction":
        return _correction(tick, files[language], language)
    return _outlook(files[language], language)


def _outlook(files: dict[str, File], language: str) -> Letter:
    text, html = files["txt"].content.decode(), files.get("html")
    return Letter(
        id="",
        event="outlook",
        language=language,
        subject=_first_line(text),
        text=f"{text.rstrip()}\n{_print_of(files, language)}",
        html=None if html is None else html.content.decode(),
        files=tuple(files.values()),
    )


def _refusal(store: Store, tick: Tick, language: str) -> Letter:
    found = read_refusal(store, tick.edition)
    title, day = crisis_name(found[TITLE], language), tick.as_of
    lines = [say("because", language, title=title, day=day, why=why(found, language))]
    if tick.since is not None:
        lines.append(say("last", language, day=tick.since))
    subject = say("no outlook", language, title=title, day=day)
    return Letter("", "refusal", language, subject, "\n\n".join(lines) + "\n")


def _correction(tick: Tick, files: dict[str, File], language: str) -> Letter:
    withdrawn = tick.step("withdrawn")
    reason = "" if withdrawn is None else str(withdrawn.reason)
    subject = _first_line(files["txt"].content.decode())
    text = say("do not use", language, subject=subject, why=reason.rstrip("."))
    return Letter(
        id="",
        event="correction",
        language=language,
        subject=say("withdrawn", language, subject=subject),
        text=f"{text}\n",
    )


def _print_of(files: dict[str, File], language: str) -> str:
    """The fingerprint of the PDF, which no mail server changes; nothing without one."""
    if (pdf := files.get("pdf")) is None:
        return ""
    return f"\n{say('file', language)}\n{pdf.sha256}  {pdf.name}\n"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0].strip() if text.strip() else "nuzuh"
