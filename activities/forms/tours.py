"""The form of an observation tour's stops: the street's communities, each ticked or not."""

from typing import Any

from django import forms
from django.db import models

from branches.models import Organization
from ledgers.forms import RecordForm
from ledgers.models import Record

from ..models import Activity, TourStop
from ..models.tours import communities_of


class TourForm(RecordForm):
    """Which communities the tour went to, and what was seen in each."""

    class Meta:
        model = Activity
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = {stop.community_id: stop for stop in self.instance.stops.select_related("activity__organization")}
        live = communities_of(self.instance.organization, self.instance.date)
        gone: models.QuerySet[Organization] = Organization.objects.filter(pk__in=list(self.held))
        self.communities = list((live | gone).order_by("path"))
        for community in self.communities:
            stop = self.held.get(community.pk)
            self.fields[f"at-{community.pk}"] = forms.BooleanField(
                label=community.name, required=False, initial=stop is not None
            )
            self.fields[f"seen-{community.pk}"] = forms.CharField(
                label=f"{community.label}：观摩内容",
                max_length=300,
                required=False,
                initial=stop.seen if stop else "",
                widget=forms.TextInput({"placeholder": "看了什么"}),
            )

    @property
    def lines(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The tick and the words of each community."""
        return [(self[f"at-{place.pk}"], self[f"seen-{place.pk}"]) for place in self.communities]

    def clean(self) -> dict[str, Any]:
        """Take what was written of a community as a tick."""
        given = super().clean() or {}
        for place in self.communities:
            if given.get(f"seen-{place.pk}"):
                given[f"at-{place.pk}"] = True
        return given

    def store(self) -> Record:
        """Write what differs; the activity gets a new version, so that of two people the second is told."""
        tour: Activity = self.instance
        given = self.cleaned_data
        tour.record("tour")
        for place in self.communities:
            stop, seen = self.held.get(place.pk), given.get(f"seen-{place.pk}", "")
            if given.get(f"at-{place.pk}"):
                stop = stop or TourStop(activity=tour, community=place)
                stop.seen = seen
                stop.record()
            elif stop is not None:
                stop.erase()
        return tour
