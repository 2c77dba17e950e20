"""Forms of transfers: the letter, its receipt, and taking somebody in from outside the portal."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from accounts.form_errors import OwnWords
from branches.models import Organization
from ledgers.forms import RecordForm
from ledgers.models import Record

from ..models import TAKEN_IN_WITHIN, Member, Membership, Transfer, street_of
from .register import Day, MemberForm, ask_to_choose

LETTER = ("letter_number", "issued_on", "valid_days", "dues_paid_until", "reason")


class LetterFields(OwnWords, forms.Form):
    """What every letter states, for a form over whatever model."""

    letter_number = forms.CharField(label="介绍信编号", max_length=60, error_messages={"required": "请填介绍信编号"})
    issued_on = Day(label="开具日期")
    valid_days = forms.IntegerField(label="有效期（天）", min_value=1, max_value=366, initial=TAKEN_IN_WITHIN)
    dues_paid_until = forms.DateField(label="党费交至", required=False)
    reason = forms.CharField(label="转接原因", max_length=100, required=False, help_text="如工作调动、居住地变动")


class LetterForm(RecordForm, LetterFields):
    """A letter for a member: to another branch of the portal, or to a Party organisation outside it."""

    receiver_code = forms.CharField(
        label="别的街道的党支部", max_length=40, required=False, help_text="接收党支部不在上面的，填它的组织编码"
    )

    class Meta:
        model = Transfer
        fields = ("kind", "receiver", "elsewhere", *LETTER)
        widgets = {"kind": forms.RadioSelect}
        labels = {"kind": "转到哪里", "elsewhere": "转往哪个党组织"}
        help_texts = {"receiver": "内部转接的选", "elsewhere": "转出的填对方党组织全称"}

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        self.member = member
        ask_to_choose(self)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (Transfer.Kind.INSIDE.value, "内部转接：接收支部也用本系统，在网上接收"),
            (Transfer.Kind.OUT.value, "转出：转往系统外，收到回执再登记"),
        ]
        if self.is_new:
            self.initial["issued_on"] = timezone.localdate()
        near = Organization.objects.branches().undissolved().filter(path__startswith=street_of(member.branch))
        if self.instance.receiver_id:
            near |= Organization.objects.filter(pk=self.instance.receiver_id)
        self.fields["receiver"].queryset = near.exclude(pk=member.branch_id)  # type: ignore[attr-defined]
        self.fields["receiver"].empty_label = "请选择"  # type: ignore[attr-defined]
        self.fields["receiver"].widget.attrs["data-pick"] = ""
        if Organization.objects.filter(kind=Organization.Kind.WORKING_COMMITTEE).count() < 2:
            del self.fields["receiver_code"]

    def clean(self) -> dict[str, Any]:
        """See that the letter names its addressee, and that the member has no other letter under way."""
        super().clean()
        data = self.cleaned_data
        if data.get("kind") == Transfer.Kind.INSIDE:
            data["elsewhere"] = ""
            self._find_receiver(data)
        elif data.get("kind"):
            data["receiver"] = None
            if not data.get("elsewhere") and "elsewhere" not in self.errors:
                self.add_error("elsewhere", "请填转往的党组织")
        issued, joined = data.get("issued_on"), self.member.joined_on
        if issued and joined and issued < joined:
            self.add_error("issued_on", f"不能早于入党时间 {joined}")
        same = Transfer.objects.filter(
            organization=self.instance.organization_id or self.member.branch_id,
            letter_number=data.get("letter_number"),
            issued_on=issued,  # type: ignore[misc] # None finds nothing
        )
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("letter_number", "本支部这一天已经开过这个编号的介绍信，请核对编号")
        return data

    def _find_receiver(self, data: dict[str, Any]) -> None:
        if code := (data.get("receiver_code") or "").strip():
            found = Organization.objects.branches().undissolved().filter(Q(code=code) | Q(name=code))[:2]
            if len(found) != 1:
                self.add_error("receiver", f"没有编码为“{code}”的党支部，请向对方核对组织编码")
                return
            data["receiver"] = found[0]
        if not data.get("receiver") and "receiver" not in self.errors:
            self.add_error("receiver", "请选择接收党支部")
        elif data.get("receiver") == self.member.branch:
            self.add_error("receiver", f"{self.member.name}就在这个支部")

    def store(self) -> Record:
        """Issue the letter, or correct one that is under way."""
        letter: Transfer = self.instance
        letter.member = self.member
        try:
            return letter.issue() if self.is_new else letter.correct()
        except ValueError as error:
            raise ValidationError(str(error)) from error


class ReceiveForm(RecordForm):
    """The receipt: the day from which the member counts with the receiver, or is off the register here."""

    closed_on = Day(label="接收日期")

    class Meta:
        model = Transfer
        fields = ("closed_on", "note")
        labels = {"note": "说明"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["closed_on"] = timezone.localdate()
        self.fields["note"].label = "说明（如回执编号）"
        if self.instance.receiver_id is None:
            self.fields["closed_on"].label = "对方接收日期"
            self.fields["closed_on"].help_text = "按回执上的日期；从这天起不再计入本支部"
        else:
            self.fields["closed_on"].help_text = "从这天起计入接收支部"

    def store(self) -> Record:
        """Take the member in."""
        letter = Transfer.objects.select_for_update(of=("self",), no_key=True).get(pk=self.instance.pk)
        day, note = self.cleaned_data["closed_on"], self.cleaned_data["note"]
        letter.version = self.instance.version
        return self.done(letter, day, note)

    def done(self, letter: Transfer, day: date, note: str) -> Record:
        """Carry it out; what the model refuses is said at the day."""
        try:
            return letter.receive(day, note)
        except ValueError as error:
            raise ValidationError({"closed_on": str(error)}) from error


class RefuseForm(ReceiveForm):
    """The letter sent back, with the reason."""

    closed_on = Day(label="退回日期")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["closed_on"].label, self.fields["closed_on"].help_text = "退回日期", ""
        self.fields["note"].label = "退回原因"
        self.fields["note"].required = True
        self.fields["note"].error_messages["required"] = "请写明退回原因，对方才知道怎么改"

    def done(self, letter: Transfer, day: date, note: str) -> Record:
        """Send it back."""
        try:
            return letter.refuse(day, note)
        except ValueError as error:
            raise ValidationError({"closed_on": str(error)}) from error


class CancelForm(RefuseForm):
    """The letter called back by those who issued it."""

    closed_on = Day(label="撤销日期")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["closed_on"].label = "撤销日期"
        self.fields["note"].label = "撤销原因"
        self.fields["note"].error_messages["required"] = "请写明撤销原因"

    def done(self, letter: Transfer, day: date, note: str) -> Record:
        """Call it back."""
        try:
            return letter.cancel(day, note)
        except ValueError as error:
            raise ValidationError({"closed_on": str(error)}) from error


class TransferInForm(MemberForm, LetterFields):
    """Somebody from outside the portal, with the letter they bring: the member is registered from the receipt on."""

    elsewhere = forms.CharField(
        label="来自哪个党组织", max_length=100, error_messages={"required": "请填开具介绍信的党组织"}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("came_by")
        self.fields["on"].label, self.fields["on"].required = "接收日期", True
        self.fields["on"].help_text = "从这天起计入本支部"
        self.fields["on"].error_messages["required"] = "请填接收日期"

    def clean(self) -> dict[str, Any]:
        """See that the days are in order and the letter is not here already."""
        self.cleaned_data["came_by"] = Membership.Event.TRANSFERRED_IN.value
        data = super().clean()
        on, issued = data.get("on"), data.get("issued_on")
        if on and issued and on < issued:
            self.add_error("on", f"不能早于介绍信的开具日期 {issued}")
        same = {"letter_number": data.get("letter_number"), "issued_on": issued, "organization": data.get("branch")}
        if all(same.values()) and not self.was_saved() and Transfer.objects.filter(**same).exists():
            self.add_error("letter_number", "这封介绍信已经登记过，请核对编号")
        return data

    def store(self) -> Record:
        """Register the member and keep the letter."""
        member: Member = self.instance
        day = self.cleaned_data["on"]
        member.enter(day, Membership.Event.TRANSFERRED_IN)
        stated = {name: self.cleaned_data[name] for name in ("elsewhere", *LETTER)}
        Transfer(
            kind=Transfer.Kind.IN,
            organization=member.branch,
            member=member,
            name=member.name,
            id_number=member.id_number,
            state=Transfer.State.RECEIVED,
            closed_on=day,
            **stated,
        ).record("receive")
        return member

    @property
    def sections(self) -> Any:
        """The fields as the page groups them: the letter first."""
        yield "介绍信", [self[name] for name in ("elsewhere", *LETTER, "on")]
        for title, fields in super().sections:
            yield title, [field for field in fields if field.name != "on"]
