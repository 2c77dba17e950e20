import uuid

import pytest
from django import forms

from accounts.models import AuditEntry
from branches.models import Organization
from ledgers.forms import RecordForm
from ledgers.models import Submission
from tests.factories import FOUNDED, OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db


class OrganizationForm(RecordForm):
    class Meta:
        model = Organization
        fields = ["name", "kind", "established", "population"]

    def store(self):
        if self.instance.name == "不收":
            self.instance.place_under(None)
            raise forms.ValidationError("这个名称不收")
        return self.instance.place_under(None) if self.instance._state.adding else super().store()

    def address(self, record):
        return f"/{record.code}/"


@pytest.fixture
def user():
    return UserFactory(name="李办")


@pytest.fixture
def branch():
    return OrganizationFactory(code="B", name="第一党支部", population=10)


def typed(form, **changes):
    """What a browser sends back of a shown form, with some fields changed."""
    sent = {f.html_name: "" if f.value() is None else str(f.value()) for f in form}
    return sent | {k: str(v) for k, v in changes.items()}


def press(data, user, instance):
    """Send a form's fields; return the form and where it sends the person."""
    form = OrganizationForm(data, instance=instance)
    assert form.is_valid(), form.errors
    return form, form.save_record(user)


def test_it_works(user, branch):
    shown = OrganizationForm(instance=branch)
    _, there = press(typed(shown, name="第二党支部"), user, Organization.objects.get(pk=branch.pk))
    assert there == "/B/"
    assert Organization.objects.get(pk=branch.pk).name == "第二党支部"
    assert AuditEntry.objects.get(action="change").changes == {"name": ["第一党支部", "第二党支部"]}


def test_dates_have_the_browsers_picker(branch):
    html = str(OrganizationForm(instance=branch)["established"])
    assert 'type="date"' in html and f'value="{FOUNDED}"' in html


def test_of_two_editors_the_second_sees_both_versions_and_keeps_what_they_typed(user, branch):
    one, other = OrganizationForm(instance=branch), OrganizationForm(instance=branch)
    press(typed(one, name="甲支部", population=11), user, Organization.objects.get(pk=branch.pk))

    form, there = press(typed(other, name="乙支部", population=11), user, Organization.objects.get(pk=branch.pk))

    assert there is None
    assert "刚刚修改了这条记录" in form.non_field_errors()[0]
    assert [(d.label, d.newest, d.typed) for d in form.differences] == [("组织名称", "甲支部", "乙支部")]
    assert form["name"].value() == "乙支部"
    assert Organization.objects.get(pk=branch.pk).name == "甲支部"


def test_after_reading_the_newest_the_second_editor_may_save(user, branch):
    one, other = OrganizationForm(instance=branch), OrganizationForm(instance=branch)
    press(typed(one, name="甲支部"), user, Organization.objects.get(pk=branch.pk))
    refused, _ = press(typed(other, name="乙支部"), user, Organization.objects.get(pk=branch.pk))
    _, there = press(typed(refused), user, Organization.objects.get(pk=branch.pk))
    assert there == "/B/"
    assert Organization.objects.get(pk=branch.pk).name == "乙支部"


def test_choices_and_blanks_are_compared_as_people_read_them(user, branch):
    one, other = OrganizationForm(instance=branch), OrganizationForm(instance=branch)
    press(typed(one, kind="joint-branch", population=""), user, Organization.objects.get(pk=branch.pk))
    form, _ = press(typed(other), user, Organization.objects.get(pk=branch.pk))
    assert [(d.newest, d.typed) for d in form.differences] == [("联合党支部", "党支部"), ("（空）", "10")]


def test_a_second_press_makes_no_second_record_and_leads_to_the_first(user):
    data = typed(OrganizationForm(), name="新支部", kind="branch")
    _, first = press(data, user, Organization(code="N1"))
    again, second = press(data, user, Organization(code="N2"))
    assert first == second == "/N1/"
    assert again.repeated
    assert Organization.objects.filter(name="新支部").count() == 1


def test_a_second_press_is_known_even_where_the_first_record_is_in_the_way(user):
    class Named(OrganizationForm):
        def clean_name(self):
            if Organization.objects.filter(name=self.cleaned_data["name"]).exists():
                raise forms.ValidationError("已有同名的组织")
            return self.cleaned_data["name"]

    data = typed(Named(), name="新支部", kind="branch")
    first, second = Named(data, instance=Organization(code="N1")), Named(data, instance=Organization(code="N2"))
    assert first.is_valid() and first.save_record(user) == "/N1/"
    assert second.is_valid() and second.save_record(user) == "/N1/"
    other = Named(data | {"token": uuid.uuid4()}, instance=Organization(code="N2"))
    assert not other.is_valid()


def test_a_second_press_of_an_edit_is_no_conflict(user, branch):
    data = typed(OrganizationForm(instance=branch), name="改过")
    assert press(data, user, Organization.objects.get(pk=branch.pk))[1] == "/B/"
    assert press(data, user, Organization.objects.get(pk=branch.pk))[1] == "/B/"


def test_back_changed_and_pressed_again_is_asked_about_and_not_lost(user, branch):
    data = typed(OrganizationForm(instance=branch), name="改过")
    press(data, user, Organization.objects.get(pk=branch.pk))
    form, there = press(data | {"name": "又改"}, user, Organization.objects.get(pk=branch.pk))
    assert there is None
    assert "已经保存过一次" in form.non_field_errors()[0]
    press(typed(form), user, Organization.objects.get(pk=branch.pk))
    assert Organization.objects.get(pk=branch.pk).name == "又改"


def test_a_year_that_no_record_can_be_of_is_refused(branch):
    for day in ("9999-12-31", "0001-01-01", "1899-12-31", "2101-01-01"):
        form = OrganizationForm(typed(OrganizationForm(instance=branch), established=day), instance=branch)
        assert not form.is_valid() and "1900—2100" in form.errors["established"][0]


def test_a_token_of_somebody_else_is_refused(user):
    data = typed(OrganizationForm(), name="新支部", kind="branch")
    press(data, user, Organization(code="N1"))
    form, there = press(data, UserFactory(), Organization(code="N2"))
    assert there is None
    assert "已经提交过" in form.non_field_errors()[0]


def test_what_is_refused_on_writing_is_taken_back_whole_and_can_be_sent_again(user):
    data = typed(OrganizationForm(), name="不收", kind="branch")
    form, there = press(data, user, Organization(code="N1"))
    assert there is None
    assert form.non_field_errors() == ["这个名称不收"]
    assert form.instance.pk is None
    assert not Organization.objects.exists() and not Submission.objects.exists()
    assert press(data | {"name": "收下"}, user, Organization(code="N1"))[1] == "/N1/"


def test_sensitive_values_are_not_shown_in_a_comparison(user, branch, monkeypatch):
    one, other = OrganizationForm(instance=branch), OrganizationForm(instance=branch)
    press(typed(one, name="甲支部"), user, Organization.objects.get(pk=branch.pk))
    monkeypatch.setattr(Organization, "SENSITIVE", ("name",))
    form, _ = press(typed(other, name="乙支部"), user, Organization.objects.get(pk=branch.pk))
    assert "甲支部" not in str(form.differences) and "乙支部" not in str(form.differences)
