"""User pools by name: what a team writes down once, in pools.toml."""

import re
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from helpers.secrets.references import SCHEMES, fault_in_form
from helpers.target.target import LOOPBACK, REGION, Target, endpoint

USER_POOL_ID = r"^[\w-]+_[0-9a-zA-Z]+$"
CLIENT_ID = r"^[\w+]+$"
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
NAME_WORDS = "1 to 64 letters, digits, -, _ or ., and a letter or digit first"
PRACTICE_NAME = "practice"


class _Table(BaseModel):
    # Built when a file is read: most runs name no pool.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True
    )


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line of text, without control characters")
    return text


class PoolClient(_Table):
    """An app client of a pool."""

    client_id: str = Field(
        title="App client id",
        description="the app client's id",
        pattern=CLIENT_ID,
        max_length=128,
    )
    client_secret: str = Field(
        default="",
        title="Client secret",
        description="a reference to the app client's secret, if it has one; never the secret",
        json_schema_extra={"pattern": f"^$|^({'|'.join(SCHEMES)}):"},
    )

    @field_validator("client_secret")
    @classmethod
    def _check_secret(cls, reference: str) -> str:
        if reference and (fault := fault_in_form(reference)):
            raise ValueError(fault)
        return reference


class Asks(_Table):
    """What is asked of the people who work on a pool, and what they may do."""

    case_number: bool = Field(
        default=False,
        title="Case number",
        description="whether each run about a user needs a case number",
    )
    second_person: bool = Field(
        default=False,
        title="Second person",
        description="whether a run that changes a user waits until a second person agrees",
    )
    codes_by_phone: bool = Field(
        default=False,
        title="Codes by phone",
        description="whether an agent may type a code that a user reads out",
    )
    show_usernames: bool = Field(
        default=False,
        title="Show usernames",
        description="whether who the user is may stand in clear in saved notebooks and journal",
    )


class Pool(_Table):
    """One user pool, and what a team has agreed for it.

    Take one by `pools()`, which reads pools.toml, or as `named_pool` of a run's parameters.
    """

    name: str = Field(pattern=NAME)
    purpose: str = Field(
        default="", title="Purpose", description="what it is for, in one line", max_length=200
    )
    production: bool = Field(
        default=False, title="Production", description="whether real users are in it"
    )
    target: str = Field(
        default="aws",
        title="Cognito",
        description="aws, sandbox, or an endpoint's URL on this machine",
        json_schema_extra={"pattern": r"^(aws|sandbox|https?://\S+)$"},
    )
    region: str = Field(
        default="",
        title="Region",
        description="the AWS region; where it is left out, that of the user pool's id",
        json_schema_extra={"pattern": f"^$|^{REGION}$"},
    )
    profile: str = Field(
        default="",
        title="Profile",
        description="the AWS profile that signs the calls; where it is left out, boto3's choice",
        max_length=200,
    )
    user_pool_id: str = Field(
        title="User pool id",
        description="the user pool's id",
        pattern=USER_POOL_ID,
        max_length=55,
    )
    clients: dict[str, PoolClient] = Field(
        default={},
        title="App clients",
        description="the app clients by a name of your own; the first is taken where none is named",
    )
    sign_in_page: str = Field(
        default="",
        title="Sign-in page",
        description="the URL where users choose 'forgot password' and enter their codes",
        max_length=2000,
        json_schema_extra={"pattern": r"^$|^https://|^http://(localhost|127\.0\.0\.1|\[::1\])"},
    )
    security_contact: str = Field(
        default="",
        title="Security contact",
        description="to whom a case is handed over that may be an attack",
        max_length=200,
    )
    owner: str = Field(
        default="", title="Owner", description="who answers for the pool", max_length=200
    )
    asks: Asks = Field(
        default=Asks.model_construct(),
        title="Asks",
        description="what is asked of those who work on it",
    )

    _one_line = field_validator("purpose", "profile", "security_contact", "owner")(_printable)

    @field_validator("target")
    @classmethod
    def _check_target(cls, target: str) -> str:
        url = endpoint(target)
        if target not in ("aws", "sandbox") and (url is None or url.username or url.password):
            raise ValueError(
                "must be aws, sandbox, or an endpoint's URL such as http://127.0.0.1:9229"
            )
        return target

    @field_validator("sign_in_page")
    @classmethod
    def _check_page(cls, page: str) -> str:
        url = endpoint(page) if page else None
        safe = url and (url.scheme == "https" or url.hostname in LOOPBACK)
        if page and (not url or not safe or url.username or url.password):
            raise ValueError("must be an address that begins with https://")
        return page

    @field_validator("clients")
    @classmethod
    def _check_clients(
        cls, clients: dict[str, PoolClient], info: ValidationInfo
    ) -> dict[str, PoolClient]:
        if not all(re.fullmatch(NAME, name) for name in clients):
            raise ValueError(f"has a client whose name is not {NAME_WORDS}")
        if info.data.get("target") == "aws":
            for name, client in clients.items():
                if fault := fault_in_form(client.client_secret or "prompt:", sandbox=False):
                    raise ValueError(f"has {name}, whose client_secret {fault}")
        return clients

    @model_validator(mode="before")
    @classmethod
    def _fill_region(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        own = str(values.get("user_pool_id", "")).partition("_")[0]
        region = own if re.fullmatch(REGION, own) else "us-east-1"
        return {**values, "region": values.get("region", region)}

    @field_validator("region")
    @classmethod
    def _check_region(cls, region: str) -> str:
        if not re.fullmatch(REGION, region):
            raise ValueError("must be an AWS region such as us-east-1")
        return region

    @field_validator("user_pool_id")
    @classmethod
    def _check_pool(cls, pool: str, info: ValidationInfo) -> str:
        region, own = info.data.get("region"), pool.partition("_")[0]
        if info.data.get("target") == "aws" and region and own != region:
            raise ValueError(f"is a pool of {own}, but region is {region}")
        return pool

    @property
    def label(self) -> str:
        """The pool's name; a production pool says that it is one."""
        return f"PRODUCTION: {self.name}" if self.production else self.name

    @property
    def is_practice(self) -> bool:
        """Whether it is the sandbox that is always there."""
        return self.name == PRACTICE_NAME

    @property
    def default_client(self) -> PoolClient | None:
        """The app client that is meant where none is named; None where the pool lists none."""
        return next(iter(self.clients.values()), None)

    def client(self, named: str) -> PoolClient | None:
        """Return the app client of this name or id; None where the pool lists no such client."""
        by_id = {client.client_id: client for client in self.clients.values()}
        return self.clients.get(named) or by_id.get(named)

    def to_target(self) -> Target:
        """Return the Cognito that the pool is in."""
        return Target(self.target, self.region, self.profile)


PRACTICE = Pool.model_construct(  # not validated, to import this quickly; a test does it
    name=PRACTICE_NAME,
    purpose="learning and practice",
    target="sandbox",
    region="us-east-1",
    user_pool_id="us-east-1_Sandbox01",
    clients={"practice": PoolClient.model_construct(client_id="3n4b5urk1ft4fl3mg5e62d9ado")},
)


def schema() -> dict[str, Any]:
    """Return the JSON schema of pools.toml, as pools.schema.json has it, for editors."""
    pool = Pool.model_json_schema()
    pool["description"] = "One user pool, and what a team has agreed for it."
    pool["properties"].pop("name")
    pool["required"].remove("name")
    shared = pool.pop("$defs")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pools.toml: user pools by name",
        "type": "object",
        "propertyNames": {
            "pattern": NAME,
            "not": {"pattern": "^[Pp][Rr][Aa][Cc][Tt][Ii][Cc][Ee]$"},
        },
        "additionalProperties": {"$ref": "#/$defs/Pool"},
        "$defs": {**shared, "Pool": pool},
    }
