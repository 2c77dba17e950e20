"""The URL table: who may open which view. A view that is missing here answers 404 to everyone.

A right in this table is needed on some organisation; on which rows it counts is decided by the view's `visible_to`.
"""

from accounts.permissions import PUBLIC, SIGNED_IN, Public, Right, SignedIn

URL_TABLE: dict[str, Right | Public | SignedIn] = {
    "ledgers:catalogue": SIGNED_IN,  # each ledger asks for its own right
    "ledgers:list": SIGNED_IN,
    "ledgers:print": SIGNED_IN,
    "ledgers:export": Right.EXPORT,
    "ledgers:template": Right.IMPORT,
    "ledgers:import": Right.IMPORT,
    "ledgers:batch": Right.IMPORT,
    "ledgers:mapping": Right.IMPORT,
    "ledgers:apply": Right.IMPORT,
    "ledgers:progress": Right.IMPORT,
    "ledgers:wrong-rows": Right.IMPORT,
    "ledgers:undo": Right.IMPORT,
    "accounts:sign-in": PUBLIC,
    "accounts:sign-out": SIGNED_IN,
    "accounts:change-password": SIGNED_IN,
    "accounts:list": Right.ACCOUNTS_MANAGE,
    "accounts:create": Right.ACCOUNTS_MANAGE,
    "accounts:detail": Right.ACCOUNTS_MANAGE,
    "accounts:disable": Right.ACCOUNTS_MANAGE,
    "accounts:enable": Right.ACCOUNTS_MANAGE,
    "accounts:reset": Right.ACCOUNTS_MANAGE,
    "accounts:post": Right.ACCOUNTS_MANAGE,
    "accounts:unpost": Right.ACCOUNTS_MANAGE,
    "accounts:audit": Right.AUDIT_READ,
    "accounts:verify-audit": Right.AUDIT_READ,
    "assessments:findings": Right.FINDINGS_VIEW,
    "assessments:finding": Right.FINDINGS_VIEW,
    "assessments:handle": Right.FINDINGS_HANDLE,
    "assessments:settings": Right.SETTINGS_MANAGE,
}
