"""Addresses of this app."""

from django.urls import path

from .views import leave, month, papers, rates, records, review, sign_in, uploads

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
    path("month/", month.month, name="month"),
    path("rates/", rates.rates, name="rates"),
    path("leave/new/", leave.create, name="leave-create"),
    path("leave/<int:pk>/", leave.detail, name="leave"),
    path("leave/<int:pk>/edit/", leave.edit, name="leave-edit"),
    path("leave/<int:pk>/decide/", leave.decide, name="leave-decide"),
    path("leave/<int:pk>/delete/", leave.delete, name="leave-delete"),
    path("leave/<int:pk>/print/", leave.printout, name="leave-print"),
    path("door/", sign_in.door, name="door"),
    path("door/<str:code>/", sign_in.scan, name="scan"),
    path("<int:pk>/sign-in/", sign_in.screen, name="screen"),
    path("<int:pk>/sign-in/code/", sign_in.code, name="code"),
    path("<int:pk>/sign-in/open/", sign_in.lay_out, name="lay-out"),
    path("<int:pk>/sign-in/close/", sign_in.take_up, name="take-up"),
    path("<int:pk>/attach/", papers.attach, name="attach"),
]
