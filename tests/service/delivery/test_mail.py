"""E-mail, against a real SMTP server and against bad ones."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.delivery.failures import Refused, TryLater
from service.delivery.letter import File
from service.delivery.mail import (
    LEFT_OUT,
    MailServer,
    check_address,
    compose,
    message_id,
    send_mail,
)
from tests.service.delivery.letters import LETTER, SENT, letter
from tests.service.delivery.servers import HERE, Mailbox, free_port, mail_server, rude, scripted

SENDER = "outlook@nuzuh.example.org"
READER = "reader@ngo.example.org"


def to_port(port: int, **changed: object) -> MailServer:
    options = {"security": "none", "seconds": 5.0, **changed}
    return MailServer(HERE, SENDER, port, **options)  # type: ignore[arg-type]


def send(port: int, recipient: str = READER, **changed: object) -> None:
    asyncio.run(send_mail(LETTER, recipient, SENT, to_port(port, **changed)))


def test_a_message_arrives_with_text_html_and_the_pdf_as_they_were() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        send(port)
    [(address, got)] = mailbox.taken
    assert address == READER
    assert got["To"] == READER
    assert got["Subject"] == LETTER.subject
    assert got["Message-ID"] == message_id(LETTER.id, SENDER)
    assert got["Content-Language"] == "ar"
    assert got.get_body(("plain",)).get_content().split() == LETTER.text.split()
    assert got.get_body(("html",)).get_content().strip() == LETTER.html
    [attached] = got.iter_attachments()
    assert attached.get_content() == LETTER.files[0].content
    assert attached.get_filename() == "outlook.pdf"


def test_a_repeat_has_the_same_message_id() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        send(port)
        send(port)
    assert list(mailbox.counts().values()) == [2]


def test_a_correction_stands_under_what_it_corrects() -> None:
    written = compose(letter(id="2", answers=LETTER.id), SENDER, READER, SENT)
    assert written["In-Reply-To"] == written["References"] == message_id(LETTER.id, SENDER)


@given(st.text(), st.text())
def test_no_text_becomes_a_header(subject: str, name: str) -> None:
    evil = letter(
        subject=f"{subject}\r\nBcc: all@example.org\n\nbody",
        files=(File(f"{name}\r\nX-Evil: 1", "application/pdf", b"x"),),
    )
    from email import message_from_bytes

    try:
        written = compose(evil, SENDER, READER, SENT)
    except ValueError:
        return
    again = message_from_bytes(written.as_bytes())
    assert again["Bcc"] is None
    assert all(part["X-Evil"] is None for part in again.walk())
    assert set(again.keys()) == set(compose(LETTER, SENDER, READER, SENT).keys())


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b",
        "a@b.org\r\nBcc: c@d.org",
        "a b@c.org",
        "a@b.org,c@d.org",
        "<a@b.org>",
        "a@@b.org",
        ".a@b.org",
        "a@-b.org",
        "ali@köy.org",
        "a" * 65 + "@b.org",
        "a@b.org\n",
        "Ali Veli <a@b.org>",
        '"Ali Veli" <a@b.org>',
        "a@b.org (Ali)",
        "\u0430li@ngo.org",
        "ali@ng\u043e.org",
        "ali\u200b@ngo.org",
        "ali@ngo\u3002org",
        "a@[127.0.0.1]",
        "a@localhost",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert check_address(address)
    with pytest.raises(Refused, match="the address"):
        compose(LETTER, SENDER, address, SENT)


def test_what_is_an_address_is_taken() -> None:
    for address in ("a.b+c@d-e.example.org", "x@xn--ky-fka.org", READER):
        assert check_address(address) is None


@pytest.mark.parametrize("language", ["en", "tr", "ar"])
def test_over_500_kilobytes_the_files_are_left_out_and_it_says_so(language: str) -> None:
    files = (File("a.pdf", "application/pdf", bytes(400_000)),)
    html = "<html><body><p>x</p></body></html>"
    large = letter(files=files, html=html, language=language)
    message = compose(large, SENDER, READER, SENT)
    assert list(message.iter_attachments()) == []
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert LEFT_OUT[language] in body.get_content()
    small = letter(files=(File("a.pdf", "application/pdf", bytes(1000)),), language=language)
    assert len(list(compose(small, SENDER, READER, SENT).iter_attachments())) == 1


def test_over_500_kilobytes_without_files_is_refused_before_anything_is_sent() -> None:
    large = letter(text="x" * 500_000)
    with pytest.raises(Refused, match="at most 500,000 are sent; leave a format out"):
        asyncio.run(send_mail(large, READER, SENT, to_port(free_port())))


@pytest.mark.parametrize(
    ("answer", "error"), [("550 no such box", Refused), ("451 greylisted", TryLater)]
)
def test_the_servers_answer_tells_whether_to_try_again(answer: str, error: type) -> None:
    mailbox = Mailbox({READER: answer})
    with mail_server(mailbox) as port, pytest.raises(error, match=answer):
        send(port)
    assert mailbox.taken == []


@pytest.mark.parametrize("manner", ["hangs", "drops", "drips"])
def test_a_bad_server_is_left_in_time(manner: str) -> None:
    with rude(manner) as port, pytest.raises(TryLater):
        send(port, seconds=0.5)


@pytest.mark.parametrize("stage", ["greeting", "mail", "rcpt", "data", "content"])
@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        ("554 go away", Refused, "answers 554 go away"),
        ("451 not now", TryLater, "answers 451 not now"),
        ("drops", TryLater, "cannot be used"),
        ("hangs", TryLater, "does not answer"),
    ],
)
def test_a_server_fails_at_any_stage(stage: str, answer: str, error: type, told: str) -> None:
    if stage == "greeting" and error is Refused:
        error = TryLater  # about us, whatever the letter
    with scripted(**{stage: answer}) as port, pytest.raises(error, match=told):
        send(port, seconds=0.5)


def test_no_server_is_tried_later() -> None:
    with pytest.raises(TryLater, match="cannot be used"):
        send(free_port())


def test_no_encryption_where_it_was_asked_for_sends_nothing() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port, pytest.raises(TryLater, match="STARTTLS"):
        send(port, security="starttls")
    assert mailbox.taken == []


def test_encrypted_to_a_server_that_is_trusted(
    certificate: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    theirs, trusted = certificate
    mailbox = Mailbox()
    with mail_server(mailbox, tls_context=theirs, require_starttls=True) as port:
        with pytest.raises(TryLater, match="cannot be used"):
            send(port, security="starttls")
        assert mailbox.taken == []
        send(port, security="starttls", trusted=trusted)
    assert len(mailbox.taken) == 1


def test_a_wrong_login_can_be_mended_later() -> None:
    from aiosmtpd.smtp import AuthResult

    mailbox = Mailbox()
    with (
        mail_server(
            mailbox,
            authenticator=lambda *_: AuthResult(success=False, handled=False),
            auth_require_tls=False,
        ) as port,
        pytest.raises(TryLater, match="535") as caught,
    ):
        send(port, username="nuzuh", password="geheim")
    assert "geheim" not in str(caught.value)
