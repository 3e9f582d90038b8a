"""What is refused, and how it is said."""


class UserError(ValueError):
    """A refusal. Its text is the one sentence for the user: what is wrong, and what to do."""
