"""Tags of user pools."""

from .refusal import ApiError, invalid
from .work import Doc, Transaction


def tag_resource(work: Transaction, request: Doc) -> Doc:
    """TagResource: adds tags, and changes those that are there."""
    pool = _pool(work, request)
    pool["UserPoolTags"] = pool.get("UserPoolTags", {}) | request["Tags"]
    work.keep_pool(pool)
    return {}


def untag_resource(work: Transaction, request: Doc) -> Doc:
    """UntagResource; a tag that is not there is passed over."""
    pool = _pool(work, request)
    gone = set(request["TagKeys"])
    left = {key: value for key, value in pool.get("UserPoolTags", {}).items() if key not in gone}
    pool["UserPoolTags"] = left
    work.keep_pool(pool)
    return {}


def list_tags_for_resource(work: Transaction, request: Doc) -> Doc:
    """ListTagsForResource."""
    return {"Tags": _pool(work, request).get("UserPoolTags", {})}


def _pool(work: Transaction, request: Doc) -> Doc:
    arn = request["ResourceArn"]
    pool_id = arn.rpartition(":userpool/")[2]
    try:
        pool = work.pool(pool_id)
    except ApiError:
        if ":userpool/" in arn:
            raise
        raise invalid("Only a user pool has tags.") from None  # the sandbox's own words
    if pool["Arn"] != arn:
        raise ApiError("ResourceNotFoundException", f"User pool {pool_id} does not exist.")
    return pool
