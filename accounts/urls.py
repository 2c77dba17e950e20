"""URLs of sign-in, accounts and the audit trail."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("stay/", views.stay, name="stay"),
    path("password/", views.ChangePassword.as_view(), name="change-password"),
    path("", views.account_list, name="list"),
    path("new/", views.create, name="create"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/disable/", views.disable, name="disable"),
    path("<int:pk>/enable/", views.enable, name="enable"),
    path("<int:pk>/reset/", views.reset, name="reset"),
    path("<int:pk>/postings/", views.post, name="post"),
    path("postings/<int:pk>/end/", views.unpost, name="unpost"),
    path("postings/waiting/", views.waiting, name="waiting"),
    path("postings/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("audit/", views.audit_list, name="audit"),
    path("audit/verify/", views.verify_audit, name="verify-audit"),
]
