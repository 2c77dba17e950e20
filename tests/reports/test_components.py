from types import SimpleNamespace

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.test import RequestFactory

from ledgers.progress import Progress
from reports.templatetags.portal import control, hidden_parameters


def draw(name: str, query: str = "", **context: object) -> str:
    html = render_to_string(f"components/{name}.html", context, RequestFactory().get(f"/{query}"))
    return " ".join(html.split())


def test_number_leads_to_its_rows():
    assert '<a class="num" href="/rows">7</a> 条' in draw("number", value=7, url="/rows", unit="条")
    assert "<a" not in draw("number", value=7)


@pytest.mark.parametrize(
    ("change", "less_is_better", "word", "css"),
    [(4.1, False, "上升", "up"), (-1.2, False, "下降", "down"), (3, True, "上升", "down"), (-3, True, "下降", "up")],
)
def test_kpi_says_which_way_and_whether_that_is_good(change, less_is_better, word, css):
    html = draw("kpi", label="预警", value=1, change=change, less_is_better=less_is_better)
    assert word in html
    assert f'class="{css}"' in html
    assert f"{abs(change)}</span>" in html
    assert "-" not in html.split(word)[1].split("</span> 较")[0].replace("</span>", "")


def test_kpi_without_change_says_nothing_of_it():
    assert "较" not in draw("kpi", label="党员", value=364)
    assert "持平" in draw("kpi", label="党员", value=364, change=0)


def test_bar_is_drawn_without_style():
    html = draw("bar", label="红旗社区", percent=96, value=96, url="/x")
    assert '<rect class="bar-fill" width="96"' in html
    assert "style" not in html


def test_pager_counts_and_keeps_the_query_string():
    page = Paginator(range(120), 20).page(2)
    html = draw("pager", "?q=li&page=2", page=page, unit="人", total=359, sizes=[20, 50])
    assert "共 359 人 · 筛选后 120 人" in html
    assert "?q=li&amp;page=3" in html
    assert 'href="?q=li&amp;per=50"' in html


def test_pager_of_one_page_only_counts():
    html = draw("pager", page=Paginator(range(3), 20).page(1), total=3)
    assert "共 3 条" in html
    assert "筛选后" not in html
    assert "翻页" not in html


def test_pager_shortens_many_pages():
    html = draw("pager", page=Paginator(range(2000), 20).page(50))
    assert "…" in html
    assert "第 100 页" in html
    assert "第 30 页" not in html


def filter_of(name: str, value: str = "", **more: object) -> SimpleNamespace:
    return SimpleNamespace(**{"name": name, "label": name, "value": value, "choices": (), "more": False} | more)


def test_filters_keep_the_rest_of_the_query_string_but_not_the_page():
    html = draw("filters", "?sort=-name&kind=full&page=4&q=x", filters=[filter_of("kind", "full")], placeholder="姓名")
    assert '<input type="hidden" name="sort" value="-name">' in html
    assert html.count('name="kind"') == 1
    assert html.count('name="q"') == 1
    assert 'name="page"' not in html


def test_more_filters_are_open_only_when_in_use():
    closed = draw("filters", filters=[filter_of("sex", more=True)])
    opened = draw("filters", filters=[filter_of("sex", "m", more=True)])
    assert '<details class="more">' in closed
    assert '<details class="more" open>' in opened
    assert "更多筛选" not in draw("filters", filters=[filter_of("sex")])


def test_hidden_parameters_escape_what_a_visitor_wrote():
    request = RequestFactory().get("/", {"a": '"><script>'})
    assert "<script>" not in hidden_parameters({"request": request})


class PersonForm(forms.Form):
    name = forms.CharField(label="姓名", help_text="与身份证一致")
    kind = forms.ChoiceField(label="类别", choices=[("a", "甲")], required=False)
    floating = forms.BooleanField(label="流动", required=False)
    sex = forms.ChoiceField(label="性别", choices=[("m", "男")], widget=forms.RadioSelect)


def test_field_says_what_is_required_what_helps_and_what_is_wrong():
    form = PersonForm({"kind": "a"})
    html = draw("field", field=form["name"])
    assert '<label for="id_name">姓名 <span class="required">必填</span>' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert "必填" not in draw("field", field=form["kind"])
    assert "<fieldset" in draw("field", field=form["sex"])


def test_control_wears_the_class_of_its_kind():
    form = PersonForm()
    assert 'class="form-control"' in control(form["name"])
    assert 'class="form-select"' in control(form["kind"])
    assert 'class="form-check-input"' in control(form["floating"])


def test_form_errors_name_each_field_and_lead_there():
    html = draw("form_errors", form=PersonForm({}))
    assert "请先改好下面 2 处" in html
    assert '<a href="#id_name">姓名</a>' in html
    assert "alert" not in draw("form_errors", form=PersonForm({"name": "x", "sex": "m"}))


def test_steps_mark_done_and_current():
    html = draw("steps", steps=["上传", "预览", "完成"], current=2)
    assert html.count('class="done"') == 1
    assert 'class="on" aria-current="step">2 预览' in html


def test_progress_asks_again_until_done():
    running = draw("progress", progress=Progress(30, 100, "正在导入"), url="/p")
    assert 'hx-get="/p"' in running
    assert "已完成 30 · 还有 70" in running
    done = draw("progress", progress=Progress(100, 100, "导入完成", "/result"), url="/p")
    assert "hx-get" not in done
    assert 'href="/result"' in done


def test_failed_progress_stops_and_says_so():
    html = draw("progress", progress=Progress(30, 100, "文件打不开", "/back", failed=True), url="/p")
    assert "没有完成：" in html
    assert "hx-get" not in html
    assert 'href="/back"' in html


def test_empty_page_says_how_to_fill_it():
    html = draw("empty", about="登记品牌项目。", how="点“新增”。", action_url="/new", action="新增项目")
    assert "登记品牌项目。" in html
    assert '<a class="btn btn-primary" href="/new">新增项目</a>' in html


@pytest.mark.parametrize(("required", "word"), [(True, "请选择"), (False, "未填")])
def test_no_choice_is_said_in_words(required, word):
    class Form(forms.Form):
        kind = forms.ChoiceField(choices=[("", "---------"), ("a", "甲")], required=required)

    html = control(Form()["kind"])
    assert word in html
    assert "---" not in html
