"""What a view of records may count on in its request."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from accounts.models import User

from .period import Period

if TYPE_CHECKING:
    from branches.models import Organization


class PortalRequest(HttpRequest):
    """A request of somebody signed in, with the organisation and the period chosen at the top of the page.

    For annotations: the URL table and the middleware see to it that requests are so. `chosen_organization` is false
    for those whose work has none.
    """

    user: User
    chosen_organization: "Organization"
    chosen_period: Period
