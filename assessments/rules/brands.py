"""The rule about brand projects (R46)."""

from accounts.permissions import Right
from assessments.engine import AtLeast, Form, OfKind, Rule, of_place, register
from assessments.models import Finding
from assessments.words import CONDUCT, COORDINATION, Words
from branches.models import Organization


@register
class OwnBrand(Rule):
    """A brand that was replicated from another community is not its own."""

    code = "R46"
    words = Words(
        heading="品牌创建不平衡",
        predicate="还没有自己的党建品牌项目",
        noun="个社区",
        measure=(
            "{owner}于{deadline}前结合居民需求确定1个品牌项目，写明服务对象、内容和时间表；"
            "街道党建办评审，下次观摩时检查。"
        ),
        lead="确定品牌项目",
        matter="打造党建品牌",
        problem=COORDINATION,
        plan=CONDUCT,
    )
    title = "一社区一特色：每个社区有一个自己的品牌项目"
    source = "本街道规定"
    remedy = "结合社区实际确定一个品牌项目并登记；从别的社区复制来的不算自己的品牌。"
    applies_to = OfKind((Organization.Kind.COMMUNITY_COMMITTEE,))
    holds = AtLeast("brands.own", 1)

    def form(self, finding: Finding) -> Form:
        """Return the form that enters what is missing."""
        return Form("activities:brand-create", Right.ACTIVITIES_EDIT, query=of_place(finding))
