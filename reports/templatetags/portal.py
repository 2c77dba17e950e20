"""Template tags of the shared components."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.core.paginator import Page
from django.db.models import Model
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, ModelChoiceField, RadioSelect, Select
from django.template import RequestContext
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from assessments.schemes.reading import plain
from ledgers.models import LateEntry
from ledgers.progress import Progress

register = template.Library()
register.filter("points", plain)
DASHES = "---------"
"""What Django calls no choice."""


@register.simple_tag(takes_context=True)
def hidden_parameters(context: RequestContext, *leave_out: Any) -> SafeString:
    """Write the query string as hidden inputs, so that a GET form keeps what it does not ask for itself.

    `leave_out` holds names, or lists of things with a `name`. The page number never stays: the rows change.
    """
    names = {"page"}
    for one in leave_out:
        names.update([one] if isinstance(one, str) else [field.name for field in one or ()])
    query = context["request"].GET
    pairs = ((name, value) for name in query if name not in names for value in query.getlist(name) if value)
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


@register.inclusion_tag("components/late.html")
def late_marks(record: Model) -> dict[str, Any]:
    """Show what was entered about a record after its month was locked. One query."""
    return {"marks": LateEntry.objects.about(record)}


@register.filter
def page_numbers(page: Page) -> Iterator[int | str]:
    """Return the page numbers to offer, with an ellipsis for those between."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)


@register.filter
def control(field: BoundField) -> SafeString:
    """Draw a form field's input with the css class that its kind wants; no choice is called so in words."""
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return field.as_widget()
    if isinstance(widget, CheckboxInput):
        css = "form-check-input"
    else:
        css = "form-select" if isinstance(widget, Select) else "form-control"
    if isinstance(widget, Select):
        word = "请选择" if field.field.required else "未填"
        if isinstance(field.field, ModelChoiceField):
            field.field.empty_label = word if field.field.empty_label == DASHES else field.field.empty_label
        else:
            widget.choices = [(value, word if label == DASHES else label) for value, label in widget.choices]
    own = widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{own} {css}{' is-invalid' if field.errors else ''}".strip()})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Say whether the field is one box to tick, whose label stands after it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_choice_list(field: BoundField) -> bool:
    """Say whether the field is several inputs under one heading."""
    return isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple)


@register.filter
def among(fields: Iterable[Any], more: bool) -> list[Any]:
    """Keep the filters that stand behind 更多筛选, or those that do not."""
    return [field for field in fields if bool(getattr(field, "more", False)) is bool(more)]


@register.filter
def any_value(fields: Iterable[Any]) -> bool:
    """Say whether one of the filters is in use."""
    return any(field.value for field in fields)


@register.filter
def left(progress: Progress) -> int:
    """Return how many steps of a long piece of work are still to do."""
    return max(0, progress.total - progress.done)
