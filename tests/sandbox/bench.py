"""How fast the sandbox is, side by side with moto's server: throughput of ConfirmForgotPassword,
and time to the first answer.

Run it with `python -m tests.sandbox.bench` from the repository; `make bench` calls `compare()`.
Numbers are medians of rounds that take turns, so that a busy moment of the machine hits both.
"""

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
from pathlib import Path

_OURS = (
    "import sys; from helpers.sandbox import serve_forever;"
    " sys.exit(serve_forever(int(sys.argv[1])))"
)
_CLIENT = """
import sys, time, boto3, json
from botocore import UNSIGNED
from botocore.config import Config
endpoint, client_id = sys.argv[1:3]
users = json.loads(sys.stdin.readline())
client = boto3.client("cognito-idp", region_name="us-east-1", endpoint_url=endpoint,
                      config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}))
client.meta.service_model.operation_model("ConfirmForgotPassword").input_shape
print("ready", flush=True)
sys.stdin.readline()
start = time.time()
for name, code in users:
    client.confirm_forgot_password(ClientId=client_id, Username=name, Password="Another-Pass-1", ConfirmationCode=code)
print(json.dumps([start, time.time()]), flush=True)
"""


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
def _running(command: list[str], port: int) -> Iterator[tuple[str, float]]:
    # A sandbox in memory for ours, as moto's is; yields the endpoint and the seconds to the first
    # answer.
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
        yield endpoint, time.perf_counter() - start
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
        return [
            "env",
            "-C",
            home,
            f"PORT={port}",
            "HOST=127.0.0.1",
            "CODE=123456",
            node,
            str(script),
        ]

    return command


def _call(endpoint: str, operation: str, request: dict[str, object]) -> dict[str, object]:
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": (
            "AWS4-HMAC-SHA256 Credential=a/20250101/us-east-1/cognito-idp/aws4_request,"
            " SignedHeaders=host, Signature=a"
        ),
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


def start_up(command_for: object, rounds: int = 5) -> float:
    """Return the median of seconds from starting a server's process to its first answer."""
    times = []
    for _ in range(rounds):
        port = _free_port()
        with _running(command_for(port), port) as (_, seconds):  # type: ignore[operator]
            times.append(seconds)
    return statistics.median(times)


def _users(endpoint: str, count: int) -> tuple[str, list[tuple[str, str]]]:
    pool = _call(
        endpoint, "CreateUserPool", {"PoolName": "bench", "AutoVerifiedAttributes": ["email"]}
    )
    pool_id = pool["UserPool"]["Id"]  # type: ignore[index]
    client = _call(endpoint, "CreateUserPoolClient", {"UserPoolId": pool_id, "ClientName": "bench"})
    client_id = client["UserPoolClient"]["ClientId"]  # type: ignore[index]
    names = [
        f"user{number}@example.com" for number in range(count)
    ]  # cognito-local takes no other names
    for name in names:
        _call(
            endpoint,
            "AdminCreateUser",
            {
                "UserPoolId": pool_id,
                "Username": name,
                "MessageAction": "SUPPRESS",
                "UserAttributes": [
                    {"Name": "email", "Value": name},
                    {"Name": "email_verified", "Value": "true"},
                ],
            },
        )
        _call(
            endpoint,
            "AdminSetUserPassword",
            {
                "UserPoolId": pool_id,
                "Username": name,
                "Password": "First-Pass-1",
                "Permanent": True,
            },
        )
        _call(endpoint, "ForgotPassword", {"ClientId": client_id, "Username": name})
    try:
        with urllib.request.urlopen(endpoint + "/_sandbox/mailbox", timeout=30) as answer:
            codes = {one["username"]: one["code"] for one in json.load(answer)}
    except OSError:
        codes = {}  # moto accepts any code, and cognito-local has been told which to send
    return client_id, [(name, codes.get(name, "123456")) for name in names]


def confirms_a_second(command_for: object, clients: int = 2, each: int = 400) -> float:
    """Return ConfirmForgotPassword calls a second, made by boto3 in so many processes at once."""
    port = _free_port()
    with _running(command_for(port), port) as (endpoint, _):  # type: ignore[operator]
        client_id, users = _users(endpoint, clients * each)
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", _CLIENT, endpoint, client_id],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(clients)
        ]
        for number, process in enumerate(processes):
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps(users[number::clients]) + "\n")
            process.stdin.flush()
            process.stdout.readline()
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        spans = [json.loads(process.stdout.readline()) for process in processes if process.stdout]
        for process in processes:
            process.communicate()
        return clients * each / (max(end for _, end in spans) - min(start for start, _ in spans))


def mixed_load(minutes: float = 10, clients: int = 8) -> dict[str, object]:
    """Have so many clients use one served sandbox in every way for some minutes; return what failed
    and how it grew.

    `failed` lists every answer that was not to be expected; `megabytes` are the server's resident
    memory a fifth of the way in (its keepsakes, such as the last messages, have limits that are
    reached first) and at the end.
    """
    port = _free_port()
    with _running(_ours(port), port) as (endpoint, _):
        process = _pid_of(endpoint)
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


def _pid_of(endpoint: str) -> int:
    with urllib.request.urlopen(endpoint + "/_sandbox/health", timeout=10) as answer:
        return int(json.load(answer)["pid"])


def _megabytes(pid: int) -> float:
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def compare(rounds: int = 3) -> dict[str, float]:
    """Measure the servers in turns; return medians, and ratios of ours to each of the others."""
    servers: dict[str, Callable[[int], list[str]]] = {"ours": _ours, "moto": _moto}
    local = cognito_local()
    if local:
        servers["cognito-local"] = local
    speeds: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for name, command_for in servers.items():
            # cognito-local writes its whole database for every call, so that more users take it
            # minutes.
            each = 100 if name == "cognito-local" else 400
            for clients in (2, 1):
                speeds.setdefault((name, clients), []).append(
                    confirms_a_second(command_for, clients, each)
                )
    median = {key: statistics.median(values) for key, values in speeds.items()}
    starts = {name: start_up(command_for) for name, command_for in servers.items()}
    found = {
        f"confirms a second, {name}, clients {clients}": value
        for (name, clients), value in median.items()
    }
    found |= {f"seconds to the first answer, {name}": value for name, value in starts.items()}
    for name in [name for name in servers if name != "ours"]:
        for clients in (2, 1):
            found[f"throughput ratio to {name}, clients {clients}"] = (
                median["ours", clients] / median[name, clients]
            )
        found[f"start-up ratio to {name}"] = starts["ours"] / starts[name]
    return found


if __name__ == "__main__":
    for words, number in compare(int(sys.argv[1]) if len(sys.argv) > 1 else 3).items():
        print(f"{words:45} {number:10.3f}")
