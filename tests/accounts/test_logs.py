"""What stands in the log: no name of a person that a database quoted."""

import logging

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.utils.log import configure_logging

from accounts.logs import without_rows

SAID = (
    'duplicate key value violates unique constraint "one_seat_per_post_and_name"\n'
    "DETAIL:  Key (committee_id, post, name)=(28, deputy-secretary, 某某莲) already exists.\n"
)


def test_what_a_database_quotes_of_a_row_is_cut() -> None:
    text = without_rows(
        SAID + "LINE 1: UPDATE seats SET name = '某某莲'\n               ^\nSTATEMENT:  UPDATE … '某某莲'"
    )
    assert "某某莲" not in text
    assert "one_seat_per_post_and_name" in text and "DETAIL: （略）" in text


@pytest.fixture
def formatter() -> logging.Formatter:
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    return next(h.formatter for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)


def test_the_portal_s_own_log_writes_no_such_line(formatter: logging.Formatter) -> None:
    try:
        raise IntegrityError(SAID)
    except IntegrityError as error:
        record = logging.LogRecord(
            "django.request", logging.ERROR, "", 0, f"failed: {error}", (), (type(error), error, None)
        )
    line = formatter.format(record)
    assert "某某莲" not in line and "IntegrityError" in line
