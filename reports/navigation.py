"""What stands around every page: the navigation, and the organisation and period that all pages follow."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject, cached_property

from accounts.middleware import url_table
from accounts.permissions import Access, Right, access_of
from branches.models import Organization
from branches.querysets import live_on
from ledgers import ledger as ledgers
from ledgers.period import Period

MOST_OFFERED = 300
"""How many organisations the picker offers before it leaves out those two steps below."""
INDENT = "　"
PRODUCT = "党建工作台"
ORGANIZATION_KEY, PERIOD_KEY = "organization", "period"
"""The same names in the query string and in the session."""
CHOOSE = "choose"
PERIODS_OFFERED = (
    (Period.QUARTER, "季度", 8),
    (Period.MONTH, "月份", 13),
    (Period.HALF, "半年", 4),
    (Period.YEAR, "年度", 4),
)


@dataclass(frozen=True)
class Item:
    """One line of the navigation. Who sees it is what the URL table, or the ledger in `slug`, says of its page.

    `covers` are further addresses, by their beginning, under which the line is marked as the current one.
    """

    label: str
    view: str
    icon: str
    slug: str = ""
    covers: tuple[str, ...] = ()

    @property
    def args(self) -> list[str]:
        """Arguments of the address."""
        return [self.slug] if self.slug else []

    def is_open_to(self, access: Access) -> bool:
        """Say whether the page exists and this user may open it."""
        rule = url_table(settings.URL_TABLE).get(self.view)
        if rule is None or (isinstance(rule, Right) and not access.has(rule)):
            return False
        if not self.slug:
            return True
        try:
            return access.has(ledgers.get(self.slug).right)
        except ledgers.BadQuery:
            return False


def _ledger(label: str, slug: str, icon: str, covers: tuple[str, ...] = ()) -> Item:
    return Item(label, "ledgers:list", icon, slug, covers)


NAVIGATION: tuple[tuple[str, tuple[Item, ...]], ...] = (
    ("", (Item("工作台", "reports:workbench", "layout-list"),)),
    (
        "党组织",
        (
            Item("组织树", "branches:tree", "network", covers=("/branches/",)),
            Item(
                "支委会与换届",
                "branches:terms",
                "users-round",
                covers=(
                    "/branches/committees/",
                    "/branches/seats/",
                    "/branches/elections/",
                    "/ledgers/committees/",
                    "/ledgers/elections/",
                    "/ledgers/candidates/",
                ),
            ),
            _ledger("党务工作者", "workers", "id-card", ("/branches/workers/", "/branches/trainings/")),
            _ledger("阵地", "venues", "house", ("/branches/venues/", "/branches/shortages/", "/ledgers/shortages/")),
            _ledger("两新组织", "enterprises", "building-2", ("/branches/enterprises/", "/branches/visits/")),
        ),
    ),
    (
        "党员",
        (
            _ledger("党员花名册", "members", "users", ("/members/",)),
            _ledger("组织关系转接", "transfers", "arrow-left-right", ("/members/transfers/",)),
            _ledger("流动党员", "floating", "map-pin", ("/members/floating/", "/members/whereabouts/")),
            Item(
                "发展党员",
                "members:development",
                "user-plus",
                covers=("/members/development/", "/ledgers/development/"),
            ),
            Item("数据质量", "assessments:quality", "list-filter", covers=("/members/duplicates/", "/members/merges/")),
            Item(
                "党费",
                "members:dues",
                "wallet",
                covers=("/members/dues/", "/ledgers/dues/", "/members/waivers/", "/ledgers/dues-waivers/"),
            ),
            _ledger("社区报到", "checkins", "map-pin-check", ("/members/checkins/", "/ledgers/service-hours/")),
            _ledger(
                "谈心谈话", "talks", "messages-square", ("/members/talks/", "/members/matters/", "/ledgers/matters/")
            ),
            _ledger(
                "奖惩与实绩",
                "honors",
                "medal",
                ("/members/honors/", "/members/achievements/", "/ledgers/achievements/"),
            ),
        ),
    ),
    (
        "活动",
        (
            _ledger("组织生活", "activities", "calendar-check", ("/activities/",)),
            Item("日历", "activities:calendar", "calendar-days"),
            Item("年度计划", "activities:plan", "calendar-range", covers=("/activities/plan/", "/ledgers/plans/")),
            _ledger("请假", "leave-requests", "calendar-off", ("/activities/leave/",)),
            Item("上传会议记录", "activities:upload", "file-up"),
            Item("审核活动", "activities:review", "check-check"),
            Item("查会议记录", "activities:search", "text-search"),
            Item(
                "民主评议",
                "activities:democratic",
                "vote",
                covers=("/ledgers/democratic-reviews/",),
            ),
            Item(
                "学时进度",
                "activities:hours",
                "graduation-cap",
                covers=(
                    "/activities/certificates/",
                    "/activities/themes/",
                    "/activities/series/",
                    "/ledgers/certificates/",
                    "/ledgers/study-themes/",
                    "/ledgers/study-series/",
                    "/ledgers/study-hours/",
                ),
            ),
        ),
    ),
    (
        "共建服务",
        (
            _ledger(
                "共驻共建",
                "agreements",
                "handshake",
                (
                    "/activities/cobuilding/",
                    "/activities/agreements/",
                    "/activities/partners/",
                    "/activities/contributions/",
                    "/ledgers/partners/",
                    "/ledgers/contributions/",
                ),
            ),
            _ledger(
                "品牌和服务项目",
                "brands",
                "sparkles",
                (
                    "/activities/brands/",
                    "/activities/services/",
                    "/activities/milestones/",
                    "/activities/participants/",
                    "/activities/stories/",
                    "/ledgers/services/",
                    "/ledgers/brand-participants/",
                    "/ledgers/milestones/",
                ),
            ),
            _ledger(
                "群众诉求", "concerns", "message-square-warning", ("/activities/concerns/", "/ledgers/concern-steps/")
            ),
            _ledger("走访调研", "visits", "footprints", ("/activities/visits/",)),
            _ledger("经验做法", "practices", "lightbulb", ("/activities/practices/",)),
        ),
    ),
    (
        "考核",
        (
            Item("预警", "assessments:findings", "triangle-alert", covers=("/findings/",)),
            Item("考核排名", "assessments:ranking", "trophy", covers=("/assessments/scores/",)),
            Item("审核打分", "assessments:review", "clipboard-check", covers=("/assessments/sheets/",)),
            _ledger("考核台账", "assessments", "table-2"),
            Item("考核方案", "assessments:schemes", "gauge", covers=("/assessments/schemes/",)),
            Item("月度锁定", "branches:closed-months", "lock"),
            _ledger(
                "规范化自查",
                "selfchecks",
                "badge-check",
                ("/selfchecks/", "/standards/", "/ledgers/standards/", "/ledgers/selfcheck-items/"),
            ),
            _ledger("观摩评比", "observations", "map", ("/observations/",)),
            _ledger("测评投票", "ballots", "vote", ("/ballots/",)),
            _ledger("夺旗争星", "branch-stars", "star", ("/branch-stars/", "/member-stars/", "/ledgers/member-stars/")),
            _ledger("示范典型", "demonstrations", "award", ("/demonstrations/",)),
            _ledger("软弱涣散整顿", "weak-branches", "hammer", ("/weak-branches/",)),
            _ledger("述职评议", "reviews", "mic", ("/reviews/", "/ledgers/review-ballots/")),
        ),
    ),
    (
        "责任",
        (
            _ledger("责任清单", "responsibilities", "list-checks", ("/responsibilities/", "/ledgers/measures/")),
            _ledger("整改台账", "rectifications", "wrench", ("/rectifications/",)),
            _ledger("督办", "supervisions", "megaphone", ("/supervisions/",)),
            _ledger("请示报告", "requests", "send", ("/requests/",)),
        ),
    ),
    (
        "报告",
        (
            Item("看板", "reports:dashboard", "chart-column"),
            Item("台账中心", "ledgers:catalogue", "library"),
            Item("调研报告", "reports:investigation", "file-text", covers=("/reports/outline/",)),
        ),
    ),
    (
        "系统",
        (
            Item("账号", "accounts:list", "user-cog"),
            Item("待确认的任职", "accounts:waiting", "user-cog", covers=("/accounts/postings/",)),
            Item("本街道规定", "assessments:settings", "sliders-horizontal"),
            Item("审计", "accounts:audit", "shield-check"),
            Item("后台任务", "ledgers:background", "list-todo"),
        ),
    ),
)

Count = Callable[[Any], int]
_badges: dict[tuple[str, str], Count] = {}


def register_badge(view: str, count: Count, slug: str = "") -> None:
    """Show beside a line of the navigation how much waits there for the user; `count` may make one cheap query."""
    _badges[view, slug] = count


def chosen(request: HttpRequest) -> tuple[Organization | None, Period]:
    """Return the organisation and the period that this request speaks of.

    Each comes from the query string (kept in the session when it was chosen at the top), from the session, or is the
    user's own organisation and the present quarter. An organisation out of sight, or a period that cannot be read, is
    passed over. The organisation is None for those whose work has none: accounts and audit only, or nobody signed in.
    """
    kept: tuple[Organization | None, Period] | None = getattr(request, "_chosen", None)
    if kept is None:
        kept = _choose_organization(request), _choose_period(request)
        request._chosen = kept  # type: ignore[attr-defined]
    return kept


def _user(request: HttpRequest) -> Any:
    """Return who asks; an error page may be drawn before anybody looked."""
    return getattr(request, "user", None) or AnonymousUser()


def _choosing(request: HttpRequest) -> bool:
    """Say whether the person chose at the top of the page: a number's link names a place too, but chooses nothing."""
    return CHOOSE in request.GET


def _session(request: HttpRequest) -> Any:
    return getattr(request, "session", {})


def _home(user: Any) -> Organization | None:
    """Return the organisation of the user's highest posting with a view of records; for a superuser the first root."""
    access = access_of(user)
    if access.everything:
        return Organization.objects.filter(depth=1).first()
    places = (posting.organization for posting in access.postings)
    return next((place for place in places if access.has_on(Right.ORGANIZATIONS_VIEW, place.path)), None)


def _choose_organization(request: HttpRequest) -> Organization | None:
    user, session = _user(request), _session(request)
    home = _home(user)
    if home is None:
        return None
    wanted = request.GET.get(ORGANIZATION_KEY, "")
    codes = [code for code in (wanted, session.get(ORGANIZATION_KEY)) if code]
    if codes and codes[0] != home.code:
        seen = {found.code: found for found in Organization.objects.visible_to(user).filter(code__in=codes)}
    else:
        seen = {home.code: home}
    choice = next((seen[code] for code in codes if code in seen), home)
    if _choosing(request) and choice.code == wanted != session.get(ORGANIZATION_KEY, home.code):
        session[ORGANIZATION_KEY] = wanted
    return choice


def _choose_period(request: HttpRequest) -> Period:
    session = _session(request)
    now = Period.containing(timezone.localdate(), Period.QUARTER)
    wanted = _read(request.GET.get(PERIOD_KEY))
    if _choosing(request) and wanted and wanted.code != session.get(PERIOD_KEY, now.code):
        session[PERIOD_KEY] = wanted.code
    return wanted or _read(session.get(PERIOD_KEY)) or now


def _read(text: str | None) -> Period | None:
    try:
        return Period.parse(text) if text else None
    except ValueError:
        return None


class Chrome:
    """What the base template draws around a page; each part is worked out when it is drawn, and once.

    Two queries in all beside the badges, whose every count is one.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user = _user(request)

    @cached_property
    def organization(self) -> Organization | None:
        """The organisation that the page speaks of."""
        return chosen(self.request)[0]

    @cached_property
    def period(self) -> Period:
        """The period that the page speaks of."""
        return chosen(self.request)[1]

    @property
    def access(self) -> Access:
        """What the user may do."""
        return access_of(self.user)

    @property
    def brand(self) -> str:
        """The product's name: the user's own organisation and what this is."""
        postings = self.access.postings
        home = postings[0].organization if postings else self.organization
        return f"{home.label}{PRODUCT}" if home else PRODUCT

    @cached_property
    def search_url(self) -> str:
        """Address of the search over everything; empty for those who have nothing to search."""
        return _address(Item("搜索", "reports:search", "search"), self.access) if self.organization else ""

    @cached_property
    def organization_choices(self) -> list[tuple[str, str, bool]]:
        """(code, name indented by depth, whether it is chosen): those above, beside and below, each in its place.

        Below means two steps, so that a street offers its branches; where these are too many to choose from, one.
        """
        here = self.organization
        if here is None:
            return []
        step = Organization.steplen
        depth = len(here.path) // step
        above = [here.path[:end] for end in range(step, len(here.path), step)]
        near = Q(path__in=[*above, *(self.access.paths(Right.ORGANIZATIONS_VIEW) or [])])
        for parent in [*above[-1:], here.path]:
            near |= Q(path__startswith=parent, depth=len(parent) // step + 1)
        further = Q(path__startswith=here.path, depth=depth + 2) & ~Q(kind=Organization.Kind.GROUP)
        found = Organization.objects.visible_to(self.user).filter(
            Q(pk=here.pk) | ((near | further) & live_on(timezone.localdate()))
        )
        rows = list(found.only("code", "name", "short_name", "kind", "depth", "path")[: MOST_OFFERED + 1])
        if len(rows) > MOST_OFFERED:
            rows = list(found.filter(Q(pk=here.pk) | near).only("code", "name", "short_name", "kind", "depth", "path"))
        top = min(row.depth for row in rows)
        return [(row.code, INDENT * (row.depth - top) + row.label, row.pk == here.pk) for row in rows]

    @property
    def organization_indent(self) -> int:
        """How many steps the chosen organisation stands in, in the list: the closed box shows it without them."""
        label = next((label for _, label, is_here in self.organization_choices if is_here), "")
        return len(label) - len(label.lstrip(INDENT))

    @cached_property
    def period_choices(self) -> list[tuple[str, list[Period]]]:
        """(heading, periods) for the picker, the newest first; the chosen one is always among them."""
        today = timezone.localdate()
        groups = []
        for kind, heading, count in PERIODS_OFFERED:
            periods = [*Period.containing(today, kind).last(count)][::-1]
            if kind == self.period.kind and self.period not in periods:
                periods = sorted([*periods, self.period], reverse=True)
            groups.append((heading, periods))
        return groups

    @cached_property
    def navigation(self) -> list[dict[str, Any]]:
        """Groups of lines this user may follow: `label`, `items` of `label`, `url`, `icon`, `active`, `badge`."""
        if not self.user.is_authenticated or self.user.must_change_password:
            return []
        groups: list[tuple[str, list[tuple[Item, str]]]] = [
            (heading, [(item, url) for item in items if (url := _address(item, self.access))])
            for heading, items in NAVIGATION
        ]
        current = _current((pair for _, pairs in groups for pair in pairs), self.request.path)
        return [
            {
                "label": heading,
                "items": [
                    {
                        "label": item.label,
                        "url": url,
                        "icon": item.icon,
                        "active": item is current,
                        "badge": count(self.user) if (count := _badges.get((item.view, item.slug))) else 0,
                    }
                    for item, url in pairs
                ],
            }
            for heading, pairs in groups
            if pairs
        ]


def _address(item: Item, access: Access) -> str:
    """Return the address of an item's page, or nothing where the page is missing or closed to the user."""
    if not item.is_open_to(access):
        return ""
    try:
        return reverse(item.view, args=item.args)
    except NoReverseMatch:
        return ""


def _current(pairs: Iterable[tuple[Item, str]], path: str) -> Item | None:
    """Return the item whose address, or what it covers, is the longest beginning of the path."""
    best: tuple[int, Item | None] = (0, None)
    for item, url in pairs:
        for start in (url, *item.covers):
            fits = path == start if start == "/" else path.startswith(start)
            if fits and len(start) > best[0]:
                best = (len(start), item)
    return best[1]


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `chrome`, which the base template draws from, and its parts by name for pages that want them.

    A page may name something of its own `organization` or `period`; the frame around it does not mind.
    """
    frame = Chrome(request)
    names = ("navigation", "organization", "period", "period_choices", "brand")
    return {"chrome": frame} | {name: SimpleLazyObject(partial(getattr, frame, name)) for name in names}
