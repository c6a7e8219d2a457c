"""How fast the sandbox is, side by side with moto's server and cognito-local: calls a second by one
client and by two, and time to the first answer.

Run it with `python -m tests.sandbox.bench` from the repository; `make bench` calls `compare()`.
Numbers are medians of rounds that take turns, so that a busy moment of the machine hits both.
"""

import atexit
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ANY_CODE = "123456"
_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=a/20250101/us-east-1/cognito-idp/aws4_request,"
    " SignedHeaders=host, Signature=a"
)
_OURS = (
    "import sys; from helpers.sandbox import serve_forever;"
    " sys.exit(serve_forever(int(sys.argv[1])))"
)
# No SDK: making and reading a call by boto3 takes longer than a fast server takes to answer it, so
# that two of them would measure their client.
_CLIENT = """
import http.client, json, sys, time, urllib.parse
given = json.loads(sys.stdin.readline())
client_id, pool_id, mailbox = (given[name] for name in ("client_id", "pool_id", "mailbox"))
server = http.client.HTTPConnection(urllib.parse.urlsplit(given["endpoint"]).netloc)

def answer(*request):
    server.request(*request)
    found = server.getresponse()
    text = found.read()
    assert found.status == 200, text
    return json.loads(text or "null")

def call(operation, **asked):
    return answer("POST", "/", json.dumps(asked), {
        "Content-Type": "application/x-amz-json-1.1", "Authorization": given["authorization"],
        "X-Amz-Target": "AWSCognitoIdentityProviderService." + operation})

def sent(name):
    if not mailbox:
        return given["any_code"]
    return answer("GET", f"/_sandbox/mailbox?username={urllib.parse.quote(name)}")[-1]["code"]

def confirm(name, code, password="Another-Pass-1"):
    call("ConfirmForgotPassword", ClientId=client_id, Username=name, Password=password, ConfirmationCode=code)

def sign_in(name, code, password="Another-Pass-1"):
    call("InitiateAuth", ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH",
         AuthParameters={"USERNAME": name, "PASSWORD": password})

def admin_get_user(name, code):
    call("AdminGetUser", UserPoolId=pool_id, Username=name)

def reset(name, code):
    call("ForgotPassword", ClientId=client_id, Username=name)
    confirm(name, sent(name), "One-more-Pass-1")
    sign_in(name, code, "One-more-Pass-1")

def sign_up(name, code):
    call("SignUp", ClientId=client_id, Username="new-" + name, Password="First-Pass-1",
         UserAttributes=[{"Name": "email", "Value": "new-" + name}])

admin_get_user(*given["users"][0])  # the first call of a process is another matter
print("ready", flush=True)
for line in sys.stdin:
    action = globals()[line.strip()]
    start = time.time()
    for name, code in given["users"]:
        action(name, code)
    print(json.dumps([start, time.time()]), flush=True)
"""
# In this order: a later one relies on the passwords that an earlier one has set.
ACTIONS = {
    "confirm": "ConfirmForgotPassword",
    "sign_in": "sign-in by password",
    "admin_get_user": "AdminGetUser",
    "reset": "a whole reset: request, confirm, sign-in",
    "sign_up": "SignUp",
}
"""What is measured: a function of the client above, and what it does."""


_MIXED = """
import sys, time, random, boto3, json, urllib.request, collections
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
endpoint, number, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
api = boto3.client("cognito-idp", region_name="us-east-1", endpoint_url=endpoint,
                   config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}))
pool = api.create_user_pool(PoolName=f"load{number}", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
names = {"ClientId": api.create_user_pool_client(UserPoolId=pool, ClientName="load", ExplicitAuthFlows=[
    "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])["UserPoolClient"]["ClientId"]}
done, refused, failed, end, turn = 0, collections.Counter(), [], time.monotonic() + seconds, 0
while time.monotonic() < end:
    turn += 1
    user = {"UserPoolId": pool, "Username": f"user{turn % 50}"}
    try:
        if turn <= 50:
            api.admin_create_user(**user, MessageAction="SUPPRESS", UserAttributes=[
                {"Name": "email", "Value": "a@b.example"}, {"Name": "email_verified", "Value": "true"}])
        password = f"Load-Password-{turn}"
        api.admin_set_user_password(**user, Password=password, Permanent=True)
        token = api.initiate_auth(ClientId=names["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters={
            "USERNAME": user["Username"], "PASSWORD": password})["AuthenticationResult"]["AccessToken"]
        api.get_user(AccessToken=token)
        api.forgot_password(**names, Username=user["Username"])
        api.list_users(UserPoolId=pool, Limit=10)
        api.confirm_forgot_password(**names, Username=user["Username"], Password=password, ConfirmationCode="000000")
        done += 1
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        code = error.response["Error"]["Code"]
        if status == 400 and code in ("CodeMismatchException", "LimitExceededException"):
            refused[code] += 1
            done += 1
        else:
            failed.append(f"{status} {code}")
    except Exception as error:
        failed.append(type(error).__name__)
print(json.dumps([done, refused, failed]))
"""


@contextmanager
def _running(command: list[str], port: int) -> Iterator[tuple[str, float, int]]:
    # A sandbox in memory for ours, as moto's is; yields the endpoint, the seconds to the first
    # answer, and the process.
    environment = {key: value for key, value in os.environ.items() if key != "COGNITO_SANDBOX"}
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    try:
        endpoint = f"http://127.0.0.1:{port}"
        while True:
            try:
                _call(endpoint, "ListUserPools", {"MaxResults": 1})
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - start > 60:
                    raise
                time.sleep(0.002)
        yield endpoint, time.perf_counter() - start, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _ours(port: int) -> list[str]:
    return [sys.executable, "-c", _OURS, str(port)]


def _moto(port: int) -> list[str]:
    return [sys.executable, "-m", "moto.server", "-p", str(port)]


def cognito_local() -> Callable[[int], list[str]] | None:
    """Return how to start cognito-local on a port; None, where npm cannot install it."""
    folder = Path(tempfile.gettempdir(), "bench-cognito-local")
    script = folder / "node_modules" / "cognito-local" / "lib" / "bin" / "start.js"
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return None
    if not script.exists():
        installed = subprocess.run(
            [
                npm,
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--prefix",
                str(folder),
                "cognito-local@5",
            ],
            capture_output=True,
        )
        if installed.returncode:
            return None

    def command(port: int) -> list[str]:
        # It keeps its pools in the folder it is started in: an empty one for each start, as the
        # others have.
        home = tempfile.mkdtemp(prefix="cognito-local")
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        return [
            "env",
            "-C",
            home,
            f"PORT={port}",
            "HOST=127.0.0.1",
            f"CODE={_ANY_CODE}",
            node,
            str(script),
        ]

    return command


def _call(endpoint: str, operation: str, request: dict[str, object]) -> dict[str, object]:
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": _AUTHORIZATION,
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
    }
    call = urllib.request.Request(endpoint, json.dumps(request).encode(), headers)
    with urllib.request.urlopen(call, timeout=30) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_up(command_for: Callable[[int], list[str]], rounds: int = 5) -> float:
    """Return the median of seconds from starting a server's process to its first answer."""
    times = []
    for _ in range(rounds):
        port = _free_port()
        with _running(command_for(port), port) as (_, seconds, _):
            times.append(seconds)
    return statistics.median(times)


def _users(endpoint: str, count: int) -> dict[str, Any]:
    """Make a pool with so many users who have a code; return what a client needs of it."""
    pool: Any = _call(
        endpoint, "CreateUserPool", {"PoolName": "bench", "AutoVerifiedAttributes": ["email"]}
    )
    pool_id = pool["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    asked = {"UserPoolId": pool_id, "ClientName": "bench", "ExplicitAuthFlows": flows}
    client: Any = _call(endpoint, "CreateUserPoolClient", asked)
    client_id = client["UserPoolClient"]["ClientId"]
    names = [
        f"user{number}@example.com" for number in range(count)
    ]  # cognito-local takes no other names
    for name in names:
        user = {"UserPoolId": pool_id, "Username": name}
        attributes = [
            {"Name": "email", "Value": name},
            {"Name": "email_verified", "Value": "true"},
        ]
        made = {**user, "MessageAction": "SUPPRESS", "UserAttributes": attributes}
        _call(endpoint, "AdminCreateUser", made)
        _call(
            endpoint,
            "AdminSetUserPassword",
            {**user, "Password": "First-Pass-1", "Permanent": True},
        )
        _call(endpoint, "ForgotPassword", {"ClientId": client_id, "Username": name})
    try:
        with urllib.request.urlopen(endpoint + "/_sandbox/mailbox", timeout=30) as answer:
            codes = {one["username"]: one["code"] for one in json.load(answer)}
    except OSError:
        codes = {}  # moto accepts any code, and cognito-local has been told which to send
    return {
        "endpoint": endpoint,
        "pool_id": pool_id,
        "client_id": client_id,
        "mailbox": bool(codes),
        "any_code": _ANY_CODE,
        "authorization": _AUTHORIZATION,
        "users": [(name, codes.get(name, _ANY_CODE)) for name in names],
    }


def measured(
    command_for: Callable[[int], list[str]], clients: int = 2, each: int = 400
) -> dict[str, tuple[float, float]]:
    """Do each of the ACTIONS in so many processes at once, each so many times, on a connection that
    stays where the server keeps it.

    Return how often it was done a second, and how many milliseconds of CPU the server took for one.
    """
    port = _free_port()
    with _running(command_for(port), port) as (endpoint, _, pid):
        given = _users(endpoint, clients * each)
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", _CLIENT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(clients)
        ]
        for number, process in enumerate(processes):
            _say(process, json.dumps(given | {"users": given["users"][number::clients]}))
            _hear(process)
        found = {}
        for action in ACTIONS:
            before = _cpu(pid)
            for process in processes:
                _say(process, action)
            spans = [json.loads(_hear(process)) for process in processes]
            took = max(end for _, end in spans) - min(start for start, _ in spans)
            count = clients * each
            found[action] = count / took, (_cpu(pid) - before) / count * 1000
        for process in processes:
            process.communicate()
        return found


def _say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def mixed_load(minutes: float = 10, clients: int = 8) -> dict[str, object]:
    """Have so many clients use one served sandbox in every way for some minutes; return what failed
    and how it grew.

    `failed` lists every answer that was not to be expected; `megabytes` are the server's resident
    memory a fifth of the way in (its keepsakes, such as the last messages, have limits that are
    reached first) and at the end.
    """
    port = _free_port()
    with _running(_ours(port), port) as (endpoint, _, process):
        running = [
            subprocess.Popen(
                [sys.executable, "-c", _MIXED, endpoint, str(number), str(minutes * 60)],
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(clients)
        ]
        time.sleep(minutes * 60 / 5)
        early = _megabytes(process)
        told = [json.loads(one.communicate()[0]) for one in running]
        return {
            "flows": sum(done for done, _, _ in told),
            "failed": [one for _, _, failed in told for one in failed],
            "megabytes": [early, _megabytes(process)],
        }


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has taken; 0 where nothing says so."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> float:
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


@dataclass(frozen=True)
class Comparison:
    """Calls a second and the server's milliseconds of CPU for one, by (server, action, clients);
    seconds to the first answer, by server.
    """

    speeds: dict[tuple[str, str, int], float]
    cpu: dict[tuple[str, str, int], float]
    starts: dict[str, float]

    def ratio(self, other: str, action: str, clients: int) -> float | None:
        """Return how many times as often as another server ours does it; None: not measured."""
        theirs = self.speeds.get((other, action, clients))
        return self.speeds["ours", action, clients] / theirs if theirs else None

    def start_ratio(self, other: str) -> float | None:
        """Return how long ours takes to start, as a part of another's time."""
        return self.starts["ours"] / self.starts[other] if other in self.starts else None


def compare(rounds: int = 3) -> Comparison:
    """Measure the servers in turns; return medians."""
    servers: dict[str, Callable[[int], list[str]]] = {"ours": _ours, "moto": _moto}
    local = cognito_local()
    if local:
        servers["cognito-local"] = local
    found: dict[tuple[str, str, int], list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for name, command_for in servers.items():
            # cognito-local writes its whole database for every call, so that more users take it
            # minutes.
            each = 60 if name == "cognito-local" else 300
            for clients in (2, 1):
                for action, figures in measured(command_for, clients, each).items():
                    found.setdefault((name, action, clients), []).append(figures)
    return Comparison(
        {key: statistics.median(speed for speed, _ in all_) for key, all_ in found.items()},
        {key: statistics.median(cpu for _, cpu in all_) for key, all_ in found.items()},
        {name: start_up(command_for) for name, command_for in servers.items()},
    )


def main(rounds: int) -> None:
    """Measure, and print a line for each action."""
    found = compare(rounds)
    for (name, action, clients), speed in found.speeds.items():
        times = found.ratio(name, action, clients)
        cpu = found.cpu[name, action, clients]
        print(
            f"{name:14} {clients} client(s) {ACTIONS[action]:42} {speed:8.0f}/s {times:6.2f}"
            f" {cpu:8.2f} ms"
        )
    for name, seconds in found.starts.items():
        print(f"{name:14} seconds to the first answer {seconds:6.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
