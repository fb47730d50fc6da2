"""E-mail: one message a recipient, text with HTML beside it and files attached, over SMTP.

The Message-ID comes from the letter's id, so that a mail system drops the repeat of a message whose
taking nobody could confirm.
"""

from __future__ import annotations

import asyncio
import email.policy
import re
import ssl
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

import aiosmtplib

from service.delivery.failures import Refused, TryLater, Undelivered
from service.delivery.letter import Letter

MOST_BYTES = 500_000
LEFT_OUT = {
    "en": "The PDF is not attached: the message would be too large. Ask for it.",
    "tr": "PDF eklenmedi: ileti fazla büyük olurdu. Ayrıca isteyin.",
    "ar": "لم يُرفق ملف PDF لأن الرسالة كانت ستصبح كبيرة جدًا. اطلبوه على حدة.",
}
OF_US = (
    aiosmtplib.SMTPConnectResponseError,
    aiosmtplib.SMTPHeloError,
    aiosmtplib.SMTPAuthenticationError,
)
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = re.compile(rf"(?:{LABEL}\.)+{LABEL}")
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


@dataclass(frozen=True)
class MailServer:
    """Where messages are handed in; `security` none is for a relay on the same machine."""

    host: str
    sender: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    seconds: float = 60.0
    trusted: ssl.SSLContext | None = None


def check_address(address: str) -> str | None:
    """Why a text is no address of e-mail, or None when it is one."""
    local, at, domain = address.rpartition("@")
    if not at:
        return "has no @; write NAME@ORGANISATION.ORG"
    if not LOCAL.fullmatch(local) or len(local) > 64:
        return "has no plain name before the @; letters a to z, digits and . _ + - are plain"
    if not DOMAIN.fullmatch(domain) or len(domain) > 253:
        return "has no domain after the @; an accented one is written in its xn-- form"
    return None


def message_id(letter_id: str, sender: str) -> str:
    """The Message-ID of a letter from this sender."""
    return f"<{letter_id}@{sender.rpartition('@')[2]}>"


def compose(letter: Letter, sender: str, recipient: str, sent: datetime) -> EmailMessage:
    """The message as it goes out. Raises Refused for a bad address and for one that is too large.

    Before it is too large its files are left out, and it says so. Line breaks and control
    characters of the subject become spaces, so that it stays one header.
    """
    message = _composed(letter, sender, recipient, sent)
    if len(message.as_bytes()) > MOST_BYTES and letter.files:
        message = _composed(_without_files(letter), sender, recipient, sent)
    if (size := len(message.as_bytes())) > MOST_BYTES:
        why = f"the message has {size:,} bytes, and at most {MOST_BYTES:,} are sent"
        raise Refused(f"{why}; leave a format out or take a folder")
    return message


def _composed(letter: Letter, sender: str, recipient: str, sent: datetime) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = Address("nuzuh", addr_spec=_checked(sender))
    message["To"] = Address(addr_spec=_checked(recipient))
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(sent)
    message["Message-ID"] = message_id(letter.id, sender)
    message["Auto-Submitted"] = "auto-generated"
    if letter.answers is not None:
        message["In-Reply-To"] = message["References"] = message_id(letter.answers, sender)
    _fill(message, letter)
    message["Content-Language"] = letter.language
    return message


def _without_files(letter: Letter) -> Letter:
    """The letter without its files, with a line that says so."""
    why = LEFT_OUT[letter.language]
    html = letter.html
    if html is not None:
        head, body, tail = html.rpartition("</body>")
        html = f"{head}<p>{why}</p>{body}{tail}" if body else f"{html}<p>{why}</p>"
    return replace(letter, text=f"{letter.text.rstrip()}\n\n{why}\n", html=html, files=())


def _fill(message: EmailMessage, letter: Letter) -> None:
    message.set_content(letter.text)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    for file in letter.files:
        kind, _, subtype = file.media_type.partition("/")
        message.add_attachment(
            file.content, maintype=kind, subtype=subtype, filename=_one_line(file.name)
        )


def _checked(address: str) -> str:
    if why := check_address(address):
        raise Refused(f"the address {address!r} {why}")
    return address


def _one_line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


async def send_mail(letter: Letter, recipient: str, sent: datetime, server: MailServer) -> None:
    """Hand a message in. Raises TryLater or Refused when the server has not taken it.

    No answer in `server.seconds`, all told, is a TryLater.
    """
    try:
        message = compose(letter, server.sender, recipient, sent)
    except (MessageError, ValueError) as error:
        raise Refused(f"the message cannot be written: {error}") from None
    try:
        async with asyncio.timeout(server.seconds):
            await _hand_in(message, recipient, server)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise _failure(error, server) from None


async def _hand_in(message: EmailMessage, recipient: str, server: MailServer) -> None:
    """Hand a message in, and leave no socket open to a server that does not say goodbye in TLS."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        timeout=server.seconds,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        tls_context=server.trusted,
    )
    async with client:
        transport = client.transport
        await client.send_message(message, sender=server.sender, recipients=[recipient])
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def _failure(error: Exception, server: MailServer) -> Undelivered:
    """What an error means: a 5xx is final, unless it is about us and no letter, who can mend it."""
    name = f"the mail server {server.host}:{server.port}"
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _failure(error.recipients[0], server)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        told = f"{name} answers {error.code} {_one_line(error.message)[:200]}"
        final = error.code >= 500 and not isinstance(error, OF_US)
        return Refused(told) if final else TryLater(told)
    if isinstance(error, TimeoutError):
        return TryLater(f"{name} does not answer")
    return TryLater(f"{name} cannot be used: {_one_line(str(error))[:200] or 'connection lost'}")
