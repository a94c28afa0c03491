"""A mail server for one test: prints its port, then one JSON line per message."""

import asyncio
import json
import logging
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult


class Printer:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 no such user"
        if address.startswith("later@"):
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode("utf-8", "replace")
        line = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "data": text}
        print(json.dumps(line), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    is_right = (data.login, data.password) == (b"ann", b"p@ss/w0rd")
    return AuthResult(success=is_right, handled=False)


async def main():
    wants_login = "--login" in sys.argv
    loop = asyncio.get_running_loop()

    def session():
        if not wants_login:
            return SMTP(Printer())
        return SMTP(Printer(), authenticator=authenticate, auth_required=True, auth_require_tls=False)

    server = await loop.create_server(session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    # The test closes this pipe, or dies, when it is done.
    await loop.run_in_executor(None, sys.stdin.read)


# It dislikes logins without TLS; on loopback they are what is tested.
warnings.simplefilter("ignore")
logging.disable()
asyncio.run(main())
