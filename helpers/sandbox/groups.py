"""Groups of users, and what membership puts into tokens.

A group has an id of its own and a member keeps it, so that a group that is made again under a name
has none of the old one's members.
"""

import json

from .names import admin_user
from .refusal import ApiError, invalid
from .users import shown
from .work import Doc, Transaction

_PAGE = 60
_GIVEN = ("Description", "RoleArn", "Precedence")


def create_group(work: Transaction, request: Doc) -> Doc:
    """CreateGroup."""
    pool = work.pool(request["UserPoolId"])
    name = request["GroupName"]
    if name in pool.get("groups", {}):
        # The exception is the API reference's; the wording is the sandbox's.
        raise ApiError("GroupExistsException", "A group with the name already exists.")
    group = {"id": work.source.bytes(8).hex(), "GroupName": name, "UserPoolId": pool["Id"]}
    group |= {"CreationDate": work.now, "LastModifiedDate": work.now}
    return _kept(work, pool, group | _given(request))


def get_group(work: Transaction, request: Doc) -> Doc:
    """GetGroup."""
    return {"Group": _shown(_group(work.pool(request["UserPoolId"]), request))}


def update_group(work: Transaction, request: Doc) -> Doc:
    """UpdateGroup: what the request leaves out stays."""
    pool = work.pool(request["UserPoolId"])
    group = _group(pool, request) | _given(request) | {"LastModifiedDate": work.now}
    return _kept(work, pool, group)


def delete_group(work: Transaction, request: Doc) -> Doc:
    """DeleteGroup: nobody is a member any more."""
    pool = work.pool(request["UserPoolId"])
    gone = _group(pool, request)["GroupName"]
    pool["groups"] = {name: one for name, one in pool["groups"].items() if name != gone}
    work.keep_pool(pool)
    return {}


def list_groups(work: Transaction, request: Doc) -> Doc:
    """ListGroups, by name, in pages."""
    pool = work.pool(request["UserPoolId"])
    return _page(list(pool.get("groups", {}).values()), request)


def admin_list_groups_for_user(work: Transaction, request: Doc) -> Doc:
    """AdminListGroupsForUser, by name, in pages."""
    return _page(of(*admin_user(work, request)), request)


def admin_add_user_to_group(work: Transaction, request: Doc) -> Doc:
    """AdminAddUserToGroup; a member stays one."""
    pool, user = admin_user(work, request)
    group = _group(pool, request)
    user["groups"] = user.get("groups", {}) | {group["GroupName"]: group["id"]}
    work.keep_user(pool, user)
    return {}


def admin_remove_user_from_group(work: Transaction, request: Doc) -> Doc:
    """AdminRemoveUserFromGroup; who is no member stays none."""
    pool, user = admin_user(work, request)
    user.get("groups", {}).pop(_group(pool, request)["GroupName"], None)
    work.keep_user(pool, user)
    return {}


def list_users_in_group(work: Transaction, request: Doc) -> Doc:
    """ListUsersInGroup, the oldest first, in pages."""
    pool = work.pool(request["UserPoolId"])
    group = _group(pool, request)
    after = request.get("NextToken", "u0")[1:]
    if not (after.isascii() and after.isdigit() and len(after) < 16):
        raise invalid("Invalid pagination token.")
    limit = request.get("Limit") or _PAGE
    found: list[Doc] = []
    last = 0
    query = "SELECT id, doc FROM users WHERE pool_id = ? AND id > ? ORDER BY id"
    for number, doc in work.db.execute(query, (pool["Id"], int(after))):
        user = json.loads(doc)
        if user.get("groups", {}).get(group["GroupName"]) != group["id"]:
            continue
        if len(found) == limit:
            return {"Users": found, "NextToken": f"u{last}"}
        found.append(shown(user))
        last = number
    return {"Users": found}


def of(pool: Doc, user: Doc) -> list[Doc]:
    """Return the groups that a user is a member of, by name."""
    held = user.get("groups", {})
    groups = pool.get("groups", {})
    return [groups[name] for name in sorted(held) if groups.get(name, {}).get("id") == held[name]]


def claims(pool: Doc, user: Doc) -> tuple[Doc, Doc]:
    """Return what groups add to an access token and to an id token.

    The preferred role is that of the group with the lowest precedence; where several have it and
    their roles differ there is none (API reference, GroupType; developer guide, "Adding groups").
    """
    member_of = of(pool, user)
    if not member_of:
        return {}, {}
    access = {"cognito:groups": [group["GroupName"] for group in member_of]}
    with_role = [group for group in member_of if group.get("RoleArn")]
    if not with_role:
        return access, access
    first = min(map(_precedence, with_role))
    preferred = {group["RoleArn"] for group in with_role if _precedence(group) == first}
    identity: Doc = access | {
        "cognito:roles": list(dict.fromkeys(group["RoleArn"] for group in with_role))
    }
    if len(preferred) == 1:
        identity["cognito:preferred_role"] = preferred.pop()
    return access, identity


def _precedence(group: Doc) -> float:
    return float(group.get("Precedence", "inf"))


def _group(pool: Doc, request: Doc) -> Doc:
    found: Doc | None = pool.get("groups", {}).get(request["GroupName"])
    if found is None:
        raise ApiError("ResourceNotFoundException", "Group not found.")
    return found


def _given(request: Doc) -> Doc:
    return {key: request[key] for key in _GIVEN if request.get(key) is not None}


def _kept(work: Transaction, pool: Doc, group: Doc) -> Doc:
    pool["groups"] = pool.get("groups", {}) | {group["GroupName"]: group}
    work.keep_pool(pool)
    return {"Group": _shown(group)}


def _shown(group: Doc) -> Doc:
    return {key: value for key, value in group.items() if key != "id"}


def _page(groups: list[Doc], request: Doc) -> Doc:
    limit = request.get("Limit") or _PAGE
    ordered = sorted(groups, key=lambda group: str(group["GroupName"]))
    left = [group for group in ordered if group["GroupName"] > request.get("NextToken", "")]
    more = {"NextToken": left[limit - 1]["GroupName"]} if len(left) > limit else {}
    return {"Groups": [_shown(group) for group in left[:limit]], **more}
