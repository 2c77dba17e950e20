"""Ledger of what was entered into months that were locked: export only."""

from accounts.permissions import Right
from ledgers.ledger import Column, Ledger, field_filter, register
from ledgers.models import LateEntry


@register
class LateEntriesLedger(Ledger):
    """One row a record and organisation, in the month that it belongs to."""

    slug = "late-entries"
    title = "补录台账"
    group = "党组织"
    about = "月份锁定以后才登记、更改或删除的记录：谁、什么时候、为什么。这个台账由系统生成，只能导出。"
    unit = "条"
    model = LateEntry
    date = "month"
    order = ("-at", "-pk")
    right = Right.ORGANIZATIONS_VIEW
    edit_right = Right.SETTINGS_MANAGE
    columns = (
        Column("组织编码", "organization__code", "code", width=12),
        Column("组织名称", "organization__name", width=26),
        Column("所属月份", "month", "date", width=12),
        Column("内容", "what", width=18),
        Column("办理", "act", "choice", choices=LateEntry.Act.choices, width=10),
        Column("补录原因", "reason", width=30),
        Column("补录人", "by__name", width=12),
        Column("补录时间", "at", "date", width=16),
    )
    filters = (field_filter("act", "办理", "act", LateEntry.Act.choices),)
