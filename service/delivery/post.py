"""The ways out that are set up, and one letter on its way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from features.errors import Finding, InputError
from service.delivery.drop import put
from service.delivery.failures import TryLater
from service.delivery.letter import Letter
from service.delivery.mail import MailServer, send_mail
from service.delivery.networks import network_of
from service.delivery.webhook import Hooks, call
from service.settings import Settings

LEAST_SECRET = 32


@dataclass(frozen=True)
class Post:
    """What letters go out by; None where it is not set up."""

    mail: MailServer | None = None
    hooks: Hooks | None = None
    folder: Path | None = None

    def deliver(self, letter: Letter, way: str, address: str) -> None:
        """Hand a letter over. Raises TryLater or Refused when it was not taken."""
        now = datetime.now(UTC)
        if way == "email" and self.mail is not None:
            asyncio.run(send_mail(letter, address, now, self.mail))
        elif way == "webhook" and self.hooks is not None:
            asyncio.run(call(letter, address, now, self.hooks))
        elif way == "folder" and self.folder is not None:
            put(letter, address, self.folder)
        else:
            raise TryLater(f"there is no way out for {way}; set {NEEDED[way]}")


NEEDED = {
    "email": "NUZUH_SMTP_HOST and NUZUH_SMTP_SENDER",
    "webhook": "NUZUH_WEBHOOK_SECRET",
    "folder": "NUZUH_OUTLOOKS",
}


def post_of(settings: Settings) -> Post:
    """The ways out that the settings have. Raises InputError for a secret that is too short."""
    mail, hooks = None, None
    if settings.smtp_host is not None and settings.smtp_sender is not None:
        password = settings.smtp_password
        mail = MailServer(
            host=settings.smtp_host,
            sender=settings.smtp_sender,
            port=settings.smtp_port,
            security=settings.smtp_security,
            username=settings.smtp_username,
            password=None if password is None else password.get_secret_value(),
        )
    if settings.webhook_secret is not None:
        networks = [network_of(one) for one in settings.webhook_networks.split()]
        hooks = Hooks(_secrets(settings.webhook_secret.get_secret_value()), networks)
    return Post(mail, hooks, settings.outlooks)


def _secrets(text: str) -> list[str]:
    """The service's secret, and after a space the one before it while it changes."""
    found = text.split()
    if not found or any(len(one) < LEAST_SECRET for one in found):
        why = f"each of its secrets needs {LEAST_SECRET} characters; a space stands between two"
        raise InputError(Finding("NUZUH_WEBHOOK_SECRET", why))
    return found
