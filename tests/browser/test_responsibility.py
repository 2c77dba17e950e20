"""From what is wrong to what was done about it: a matter handed on, a judge's phone, a self-check put right."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from assessments.findings import sync
from assessments.models import (
    Ballot,
    CommunityObservation,
    Finding,
    JudgeSheet,
    Measure,
    ObservationRound,
    SelfCheck,
    Standard,
    Supervision,
)
from branches.models import Organization
from ledgers.period import Period
from tests.browser.conftest import PHONE
from tests.factories import ActivityFactory

pytestmark = pytest.mark.browser
on_a_phone = pytest.mark.parametrize("size", [PHONE], ids=["phone"])


@on_a_phone
def test_a_finding_sent_out_is_answered_on_the_phone_and_closed_by_the_record(signed_in, demo_street):
    last = Period.containing(timezone.localdate(), Period.QUARTER).previous()
    branch = Organization.objects.get(code="HP0101")
    for held in branch.activities.filter(kind="theme-day", date__range=(last.start, last.end)):
        held.erase()
    for month in last.months()[:2]:
        ActivityFactory(organization=branch, kind="theme-day", date=month.start)
    sync(branch, last)
    finding = Finding.objects.waiting().get(organization=branch, rule="R05", period=last.code)
    page = signed_in("leader")
    page.goto(finding.get_absolute_url())
    page.get_by_role("link", name="下发督办").click()
    page.get_by_label("批示和要求").fill("本周内补上并登记。")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已登记督办。")).to_be_visible()
    matter = Supervision.objects.get(finding=finding)
    page = signed_in("zhibu")
    page.goto("/")
    page.get_by_text(re.compile("件督办事项等待签收")).click()
    page.goto(matter.get_absolute_url())
    page.get_by_role("link", name="签收").click()
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="反馈办理情况").click()
    page.get_by_label("办理情况").fill("已补开主题党日。")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已反馈，等交办单位审核。")).to_be_visible()
    page.goto(finding.get_absolute_url())
    page.get_by_role("link", name="办理", exact=True).click()
    page.locator("#id_topic").fill("补开的主题党日")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("已提交，等待确认。")).to_be_visible()
    sync(branch, last)
    finding.refresh_from_db()
    matter.refresh_from_db()
    assert (finding.cleared, matter.closed_on) == (True, timezone.localdate())


@on_a_phone
def test_a_judge_scores_on_a_phone_without_an_account(anyone, demo_street):
    this = ObservationRound.objects.get(closed_on=None)
    judge = this.groups.get(title="社区书记").judges.first()
    page = anyone
    page.goto(reverse("assessments:judge", args=[judge.token]))
    expect(page.get_by_role("link", name=re.compile(judge.community.label))).to_have_count(0)
    page.locator(".list-group-item").first.click()
    for item in this.items.all():
        page.get_by_label(re.compile(f"^{item.title}")).fill(str(item.points - 1))
    page.get_by_role("button", name="提交评分").click()
    expect(page.get_by_text("96 分")).to_be_visible()
    sheet = JudgeSheet.objects.get(judge=judge)
    assert sheet.total == 96
    assert CommunityObservation.objects.get(pk=sheet.stop_id).points is None, "nothing is published before the end"


def test_a_self_check_becomes_rectifications_and_comes_back_closed(signed_in, demo_street):
    branch = Organization.objects.get(code="HP0101")
    SelfCheck.objects.filter(organization=branch).delete()
    page = signed_in("zhibu")
    page.goto("/selfchecks/new/")
    page.get_by_label("自查标准").select_option(str(Standard.objects.get().pk))
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="填自评").click()
    for field in page.locator("select[name^=level]").all():
        if field.input_value() == "":
            field.select_option("met")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存自评。")).to_be_visible()
    selfcheck = SelfCheck.objects.get(organization=branch)
    answer = selfcheck.answers.first()
    answer.own, answer.own_note = "missed", "还差一项"
    answer.record()
    page = signed_in("shequ")
    page.goto(selfcheck.get_absolute_url())
    page.get_by_role("link", name="不达标项转整改").click()
    page.get_by_label("责任人").fill("赵书记")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("不达标的项已转成整改事项。")).to_be_visible()
    measure = Measure.objects.filter(answer__selfcheck=selfcheck).first()
    page = signed_in("zhibu")
    page.goto(measure.get_absolute_url())
    page.get_by_role("link", name="报进展").click()
    page.get_by_label("进展", exact=False).first.fill("材料已补齐。")
    page.get_by_label("已经完成，报请验收").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已报送进展。")).to_be_visible()
    page = signed_in("shequ")
    page.goto(measure.get_absolute_url())
    page.get_by_role("link", name="验收").click()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已验收。")).to_be_visible()
    page.goto(selfcheck.get_absolute_url())
    expect(page.get_by_role("table").get_by_text("已验收")).to_be_visible()


def test_a_ballot_of_thirty_is_voted_on_phones_and_counted(signed_in, demo_street, new_context, portal):
    community = Organization.objects.get(code="HP01")
    page = signed_in("shequ")
    page.goto("/ballots/new/?organization=HP01")
    page.get_by_label("类型").select_option("satisfaction")
    page.get_by_label("题目").fill("物业服务满意度")
    page.get_by_role("button", name="保存").click()
    ballot = Ballot.objects.get(organization=community, title="物业服务满意度")
    page.get_by_role("link", name="印票").click()
    page.get_by_label("张数").fill("30")
    page.get_by_role("button", name="生成").click()
    expect(page.locator(".slip")).to_have_count(30)
    width, height = PHONE
    phone = new_context(base_url=portal.url, viewport={"width": width, "height": height}).new_page()
    for number, token in enumerate(ballot.groups.get().issue(30)):
        phone.goto(reverse("assessments:vote", args=[token]))
        phone.get_by_label("满意" if number < 24 else "基本满意", exact=True).check()
        phone.get_by_role("button", name="投票").click()
        expect(phone.get_by_role("heading", name="已投票，谢谢")).to_be_visible()
    page.goto(ballot.get_absolute_url())
    expect(page.get_by_text("结束以后显示各项票数。")).to_be_visible()
    page.get_by_role("link", name="结束测评").click()
    page.get_by_role("button", name="结束测评").click()
    expect(page.get_by_text("测评已结束。")).to_be_visible()
    expect(page.get_by_text("得分率 96.0%")).to_be_visible()
