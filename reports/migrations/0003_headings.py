"""Turn the topics of reports that are on record into headings, so that what was signed is laid out again as it was."""

from django.db import migrations

DIGITS = "零一二三四五六七八九"


def numeral(number):
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else DIGITS[tens]) + ("十" if tens else "") + (DIGITS[ones] if ones else "")


def as_headings(built):
    sections = []
    for section in built["sections"]:
        said, below = [], []
        for topic in section["topics"]:
            statements = [one | {"proposals": []} for one in topic["statements"]]
            if not topic["title"]:
                said += statements
                continue
            number = len(below) + 1
            below.append(
                {
                    "key": f"{section['number']}.{number}",
                    "number": f"（{numeral(number)}）",
                    "title": topic["title"],
                    "statements": statements,
                    "divisions": [],
                }
            )
        key, number = str(section["number"]), numeral(section["number"])
        sections.append(
            {"key": key, "number": number, "title": section["title"], "statements": said, "divisions": below}
        )
    return built | {
        "sections": sections,
        "as_of": None,
        "length": "full",
        "to": "",
        "copies": "",
        "signature": "",
        "lead": [],
        "annexes": [],
        "rests_on": True,
        "left_out": [],
    }


def forwards(apps, schema_editor):
    reports = apps.get_model("reports", "InvestigationReport")
    for report in reports.objects.all():
        if report.built and "lead" not in report.built:
            report.built = as_headings(report.built)
            report.save(update_fields=["built"])


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_outline")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
