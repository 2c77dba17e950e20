"""Addresses of this app."""

from django.urls import path

from .views import calendar, papers, plans, records, review, uploads, votes

app_name = "activities"
urlpatterns = [
    path("new/", records.create, name="create"),
    path("roll/", records.roll, name="roll"),
    path("people/", records.people, name="people"),
    path("people/<int:pk>/", records.person, name="person"),
    path("review/", review.review, name="review"),
    path("upload/", uploads.upload, name="upload"),
    path("upload/<int:pk>/", uploads.pending, name="pending"),
    path("upload/<int:pk>/original/", uploads.original, name="original"),
    path("upload/<int:pk>/preview/", uploads.preview, name="preview"),
    path("upload/<int:pk>/discard/", uploads.discard, name="discard"),
    path("attachments/<int:pk>/", papers.attachment, name="attachment"),
    path("attachments/<int:pk>/thumbnail/", papers.thumbnail, name="thumbnail"),
    path("attachments/<int:pk>/detach/", papers.detach, name="detach"),
    path("<int:pk>/", records.detail, name="detail"),
    path("<int:pk>/edit/", records.edit, name="edit"),
    path("<int:pk>/submit/", records.submit, name="submit"),
    path("<int:pk>/confirm/", records.confirm, name="confirm"),
    path("<int:pk>/return/", records.send_back, name="return"),
    path("<int:pk>/delete/", records.delete, name="delete"),
    path("<int:pk>/attach/", papers.attach, name="attach"),
    path("calendar/", calendar.month, name="calendar"),
    path("calendar/subscribe/", calendar.subscribe, name="feed-create"),
    path("calendar/feeds/<int:pk>/revoke/", calendar.revoke, name="feed-revoke"),
    path("calendar/<str:token>.ics", calendar.feed, name="feed"),
    path("plan/", plans.plan, name="plan"),
    path("plan/<int:pk>/", plans.planned, name="planned"),
    path("plan/<int:pk>/edit/", plans.edit, name="planned-edit"),
    path("plan/<int:pk>/delete/", plans.delete, name="planned-delete"),
    path("plan/new/", plans.create, name="planned-create"),
    path("<int:pk>/votes/new/", votes.create_vote, name="vote-create"),
    path("votes/<int:pk>/edit/", votes.edit_vote, name="vote-edit"),
    path("votes/<int:pk>/delete/", votes.delete_vote, name="vote-delete"),
    path("<int:pk>/resolutions/new/", votes.create_resolution, name="resolution-create"),
    path("resolutions/<int:pk>/edit/", votes.edit_resolution, name="resolution-edit"),
    path("resolutions/<int:pk>/delete/", votes.delete_resolution, name="resolution-delete"),
]
