"""Recipients of a link are written to where a mail server is configured (api.md 8)."""
import email
import email.policy
import os
import socketserver
import subprocess
import threading

import pytest
from reelvault_server import Api, Server, program

from conftest import DATABASES
from test_share import share, token_of
from test_tree import TINY_PNG


class PostOffice(socketserver.ThreadingTCPServer):
    """As much of SMTP as a letter takes. Addresses that begin with "away" are put off twice, those with "nobody" refused."""
    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Counter)
        self.letters, self.put_off, self.refused = [], 0, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def to(self, address):
        return [letter for to, letter in self.letters if to == [f"<{address}>"]]


class Counter(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        to = []
        self.say("220 office")
        while line := self.rfile.readline():
            word = line.decode().strip()
            verb = word[:4].upper()
            if verb in ("EHLO", "HELO"):
                self.say("250 office")
            elif verb == "RCPT":
                address = word.split(":", 1)[1].split()[0]
                if address.startswith("<away") and self.server.put_off < 2:
                    self.server.put_off += 1
                    self.say("450 come back later")
                elif address.startswith("<nobody"):
                    self.server.refused += 1
                    self.say("550 there is nobody of that name")
                else:
                    to.append(address)
                    self.say("250 ok")
            elif verb == "DATA":
                self.say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line[1:] if line.startswith(b".") else line)
                self.server.letters.append((to, email.message_from_bytes(b"".join(lines), policy=email.policy.default)))
                to = []
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


@pytest.fixture
def office():
    with PostOffice() as running:
        yield running
        running.shutdown()


@pytest.mark.parametrize("database", DATABASES)
def test_each_recipient_gets_a_letter_with_the_link(database, office):
    settings = {"mail.smtp_url": office.url, "mail.from": "Media <media@example.com>"}
    with Server(database, settings) as server:
        admin = server.admin()
        name = "Ein Bär tanzt — und noch viel mehr, was lange dauert und 日本語.png"
        asset = admin.upload(name, TINY_PNG)
        made = share(admin, asset, recipients=["ann@example.com", "away@example.com", "nobody@example.com"], message="Schön!\n.\nGruß",
                     password="secret words", expirationDate="2099-01-01T00:00:00Z")
        assert made["mailed"] is True and made["url"].startswith(server.url + "/app/share/")
        (letter,) = Api.wait(lambda: office.to("ann@example.com"))
        text = letter.get_content()
        assert made["url"] in text and "Schön!\n.\nGruß" in text.replace("\r", "") and "2099-01-01" in text and "password" in text
        assert "secret words" not in text and "away" not in str(letter) and "nobody" not in str(letter)
        assert letter["From"] == "Media <media@example.com>" and letter["To"] == "ann@example.com" and letter["Date"] and letter["Message-ID"]
        assert letter["Subject"] == f"admin has shared “{name}” with you"
        assert len(Api.wait(lambda: office.to("away@example.com"), timeout=90)) == 1 and office.put_off == 2
        Api.wait(lambda: server.rows("select mails_left from share") == [["0"]])
        assert office.refused == 1, "a refusal for good is not asked for again"
        assert len(office.to("ann@example.com")) == 1, "nobody is written to twice"
        assert server.rows("select mail_link from share") == [[None]], "the link is not kept"
        for table, column in (("job", "payload"), ("share", "recipients"), ("audit_entry", "reason")):
            assert not any(token_of(made) in (row[0] or "") for row in server.rows(f"select {column} from {table}"))
        assert share(admin, asset)["mailed"] is False, "to nobody"


@pytest.mark.parametrize("database", DATABASES)
def test_what_is_revoked_meanwhile_is_not_sent(database):
    # Nobody listens there yet.
    office = PostOffice()
    url = office.url
    office.shutdown()
    office.server_close()
    with Server(database, {"mail.smtp_url": url, "mail.from": "media@example.com"}) as server:
        admin = server.admin()
        asset = admin.upload("p.png", TINY_PNG)
        made = share(admin, asset, recipients=["ann@example.com"])
        assert made["mailed"] is True
        assert server.rows("select mail_link from share") == [[made["url"]]]
        assert admin.delete(f"/asset/{asset['id']}/share/{made['id']}").status_code == 204
        assert server.rows("select mail_link from share") == [[None]]
        job = Api.wait(lambda: admin.ok("GET", "/admin/job", params={"type": "mail-share"})["items"])[0]
        Api.wait(lambda: admin.ok("GET", f"/admin/job/{job['id']}")["status"] == "Succeeded", timeout=60)


def test_a_mail_server_needs_a_sender(tmp_path):
    for settings in ({"SMTP_URL": "smtp://127.0.0.1:1"}, {"SMTP_URL": "http://x", "FROM": "a@b"},
                     {"SMTP_URL": "smtp://127.0.0.1:1", "FROM": "a@b\r\nBcc: c@d"}):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("REELVAULT_")}
        environment |= {"REELVAULT_DATA_DIR": str(tmp_path), "REELVAULT_HTTP_PORT": "0", **{f"REELVAULT_MAIL_{k}": v for k, v in settings.items()}}
        ended = subprocess.run([program(), "serve"], env=environment, capture_output=True, timeout=60, cwd=tmp_path)
        assert ended.returncode != 0 and b"mail." in ended.stdout + ended.stderr
