"""What Cognito answers when it does not do what it was asked."""


class ApiError(Exception):
    """A call that is answered with an error: the exception's name, its text and its HTTP status.

    code: the name, as in Cognito's API model. message: the text, or None where the API gives none.
    status: 400 for every modelled error but InternalErrorException, throttling included (API
    reference).
    """

    def __init__(self, code: str, message: str | None = None, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> ApiError:
    """Return an InvalidParameterException."""
    return ApiError("InvalidParameterException", message)


def not_authorized(message: str) -> ApiError:
    """Return a NotAuthorizedException."""
    return ApiError("NotAuthorizedException", message)


def mismatch() -> ApiError:
    """Return the refusal of a code that is not the right one."""
    return ApiError(
        "CodeMismatchException", "Invalid verification code provided, please try again."
    )


def expired() -> ApiError:
    """Return the refusal of any code where no code is live."""
    return ApiError("ExpiredCodeException", "Invalid code provided, please request a code again.")
