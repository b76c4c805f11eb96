"""What every part of the settings keeps to.

Enters: values by name. Leaves: a frozen model. Never: shows what was entered in an error, which may be a secret.
"""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the settings. An unknown name is refused: it is a typing error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
