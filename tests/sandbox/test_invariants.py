"""What holds whatever is done in whatever order, tried out by hypothesis.

A code confirms at most once. No password changes without a valid code or an administrator's call. A
refused call changes nothing but the records of the try.
"""

import json

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, Sandbox, wire
from tests.effort import tries

USERS = st.sampled_from(["ana", "bea", "nobody"])
PASSWORDS = st.sampled_from(
    ["First-Password-1", "Second-Password-2", "Third-Password-3", "weak", " edge"]
)
STATE = ("pools", "clients", "users", "names", "sessions", "messages")


class Flow(RuleBasedStateMachine):
    codes = Bundle("codes")

    def __init__(self):
        super().__init__()
        self.box = Sandbox.in_memory()
        self.passwords = {}
        self.confirmed = set()
        self.clients = [DEFAULT_CLIENT_ID]
        for user in ("ana", "bea"):
            self.ask(
                "AdminCreateUser",
                UserPoolId=DEFAULT_POOL_ID,
                Username=user,
                MessageAction="SUPPRESS",
                UserAttributes=[
                    {"Name": "email", "Value": f"{user}@shop.example"},
                    {"Name": "email_verified", "Value": "true"},
                ],
            )
            self.set_password(user, "First-Password-1")
        made = self.ask(
            "CreateUserPoolClient",
            UserPoolId=DEFAULT_POOL_ID,
            ClientName="other",
            PreventUserExistenceErrors="ENABLED",
        )[1]
        self.clients.append(made["UserPoolClient"]["ClientId"])

    def teardown(self):
        self.box.close()

    def state(self):
        with self.box.engine.store.transaction() as db:
            return {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in STATE}

    def ask(self, operation, **request):
        before = self.state()
        answer = wire.answer(
            self.box.engine,
            f"AWSCognitoIdentityProviderService.{operation}",
            json.dumps(request).encode(),
        )
        assert answer.status in (200, 400)
        if answer.status != 200:
            assert self.state() == before, f"a refused {operation} changed something"
        return answer.status, json.loads(answer.body)

    @rule(target=codes, user=USERS, client=st.integers(0, 1))
    def forgot(self, user, client):
        sent = len(self.box.mailbox())
        self.ask("ForgotPassword", ClientId=self.clients[client], Username=user)
        messages = self.box.mailbox()
        return (
            (user, messages[-1]["code"], len(messages))
            if len(messages) > sent
            else (user, "000000", -1)
        )

    @rule(target=codes, user=USERS)
    def admin_reset(self, user):
        sent = len(self.box.mailbox())
        if self.ask("AdminResetUserPassword", UserPoolId=DEFAULT_POOL_ID, Username=user)[0] == 200:
            self.passwords[user] = None
        messages = self.box.mailbox()
        return (
            (user, messages[-1]["code"], len(messages))
            if len(messages) > sent
            else (user, "000000", -1)
        )

    @rule(
        issued=codes, user=USERS, password=PASSWORDS, client=st.integers(0, 1), spoilt=st.booleans()
    )
    def confirm(self, issued, user, password, client, spoilt):
        owner, code, number = issued
        given = f"{(int(code) + 1) % 1_000_000:06}" if spoilt else code
        status, _ = self.ask(
            "ConfirmForgotPassword",
            ClientId=self.clients[client],
            Username=user,
            ConfirmationCode=given,
            Password=password,
        )
        if status == 200:
            assert number > 0
            assert not spoilt
            assert user == owner
            assert number not in self.confirmed, "a code confirmed twice"
            self.confirmed.add(number)
            self.passwords[user] = password

    @rule(user=USERS, password=PASSWORDS)
    def set_password(self, user, password):
        if (
            self.ask(
                "AdminSetUserPassword",
                UserPoolId=DEFAULT_POOL_ID,
                Username=user,
                Password=password,
                Permanent=True,
            )[0]
            == 200
        ):
            self.passwords[user] = password

    @rule(user=USERS)
    def disable(self, user):
        self.ask("AdminDisableUser", UserPoolId=DEFAULT_POOL_ID, Username=user)

    @rule(user=USERS)
    def enable(self, user):
        self.ask("AdminEnableUser", UserPoolId=DEFAULT_POOL_ID, Username=user)

    @rule(user=USERS, verified=st.sampled_from(["true", "false"]))
    def verify(self, user, verified):
        self.ask(
            "AdminUpdateUserAttributes",
            UserPoolId=DEFAULT_POOL_ID,
            Username=user,
            UserAttributes=[{"Name": "email_verified", "Value": verified}],
        )

    @rule(user=USERS, password=PASSWORDS)
    def sign_in(self, user, password):
        given = {"USERNAME": user, "PASSWORD": password}
        status, _ = self.ask(
            "InitiateAuth",
            ClientId=DEFAULT_CLIENT_ID,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters=given,
        )
        if status == 200:
            assert self.passwords[user] == password

    @rule(seconds=st.sampled_from([1, 60, 900, 3599, 3600, 86_400]))
    def wait(self, seconds):
        self.box.advance(seconds)

    @invariant()
    def passwords_are_the_ones_that_were_set(self):
        from helpers.sandbox import srp

        with self.box.engine.store.transaction() as db:
            users = {
                name: json.loads(doc) for name, doc in db.execute("SELECT username, doc FROM users")
            }
        for name, password in self.passwords.items():
            stored = users[name]["password"]
            if password is not None:
                assert (
                    srp.private_key(DEFAULT_POOL_ID, name, password, stored["salt"]) == stored["x"]
                )


Flow.TestCase.settings = settings(
    max_examples=tries(40), stateful_step_count=30, suppress_health_check=list(HealthCheck)
)
TestFlow = Flow.TestCase
