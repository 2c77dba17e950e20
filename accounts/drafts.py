"""What is typed and not yet saved stays in the browser, encrypted for its user; nothing of it is kept on the server.

`static/js/drafts.js` encrypts a form's fields (AES-GCM) with a key that only this user's pages carry, so that the text
outlives the session and the next user of the computer cannot read it.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.encryption import blind_index


def draft_key(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the key and the owner's mark of the signed-in user's drafts, and how long a session lasts."""
    user = getattr(request, "user", None)  # not there on an error page of before the sign-in was looked at
    if user is None or not user.is_authenticated:
        return {}
    number = str(user.pk)
    return {
        "draft": {
            "key": blind_index(number, "draft"),
            "owner": blind_index(number, "draft-owner")[:12],
            "seconds": settings.SESSION_COOKIE_AGE,
        }
    }
