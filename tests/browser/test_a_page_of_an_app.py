"""An application's own page, from another port of this machine, resets a password by fetch."""

import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_USERNAME, Sandbox, Server

CALL = """
async ([endpoint, operation, request]) => {
    const answer = await fetch(endpoint, {
        method: "POST",
        headers: {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": `AWSCognitoIdentityProviderService.${operation}`,
            "X-Amz-User-Agent": "an app",
            "Cache-Control": "no-store",
        },
        body: JSON.stringify(request),
    });
    const id = answer.headers.get("x-amzn-requestid");
    return [answer.status, id, await answer.json()];
}
"""
READ = "url => fetch(url).then(answer => answer.json(), error => error.name)"
WHO = {"ClientId": DEFAULT_CLIENT_ID, "Username": DEFAULT_USERNAME}


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>an app</title>")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def app():
    """The origin of an application's pages."""
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_page_of_a_named_site_resets_a_password_and_reads_no_mailbox(context, app):
    box = Sandbox.in_memory()
    with (
        closing(context.new_page()) as page,
        Server(box, 0, allow_origins=[app]) as server,
        Server(box, 0) as closed,
    ):

        def call(operation, door=server, **request):
            return page.evaluate(CALL, [f"{door.endpoint}/", operation, request])

        page.goto(app)
        status, request_id, answer = call("ForgotPassword", **WHO)
        assert (status, len(request_id)) == (200, 36)
        assert answer["CodeDeliveryDetails"]["AttributeName"] == "email"
        new = {**WHO, "Password": "Brand-new-1-password"}
        status, _, answer = call("ConfirmForgotPassword", **new, ConfirmationCode="000000")
        assert (status, answer["__type"]) == (400, "CodeMismatchException")
        code = box.mailbox()[-1]["code"]
        assert call("ConfirmForgotPassword", **new, ConfirmationCode=code)[0] == 200
        given = {"USERNAME": DEFAULT_USERNAME, "PASSWORD": new["Password"]}
        flow = {"ClientId": DEFAULT_CLIENT_ID, "AuthFlow": "USER_PASSWORD_AUTH"}
        _, _, answer = call("InitiateAuth", **flow, AuthParameters=given)
        assert answer["AuthenticationResult"]["AccessToken"]
        pool = page.evaluate(READ, f"{server.endpoint}/us-east-1_NoSuch123/.well-known/jwks.json")
        assert pool["__type"] == "ResourceNotFoundException"
        assert page.evaluate(READ, f"{server.endpoint}/_sandbox/mailbox") == "TypeError"
        with pytest.raises(Exception, match="Failed to fetch"):
            call("ForgotPassword", closed, **WHO)
    box.close()
