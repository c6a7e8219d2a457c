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
