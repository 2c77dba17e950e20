"""URLs of the findings and of the street's own numbers."""

from django.urls import path

from .views import findings, local_settings, measures, papers, quality, schemes, scores, sheets

app_name = "assessments"
urlpatterns = [
    path("findings/", findings.findings, name="findings"),
    path("findings/handle/", findings.handle, name="handle"),
    path("findings/<int:pk>/", findings.finding, name="finding"),
    path("assessments/ranking/", scores.ranking, name="ranking"),
    path("assessments/ranking/export.xlsx", scores.ranking_export, name="ranking-export"),
    path("assessments/review/", sheets.review, name="review"),
    path("assessments/sheets/<int:pk>/", sheets.held, name="held"),
    path("assessments/sheets/<int:pk>/paper/", papers.sheet_paper, name="sheet-paper"),
    path("assessments/sheets/<int:pk>/feedback/", papers.feedback, name="feedback"),
    path("assessments/schemes/<int:pk>/notice/", papers.notice, name="notice"),
    path("assessments/schemes/<int:pk>/bulletin/", papers.bulletin, name="bulletin"),
    path("assessments/sheets/<int:pk>/self/", sheets.self_score, name="self-score"),
    path("assessments/sheets/<int:pk>/adjust/", sheets.adjust, name="adjust"),
    path("assessments/sheets/<int:pk>/return/", sheets.send_back, name="send-back"),
    path("assessments/sheets/<int:pk>/entries/new/", sheets.enter, name="enter"),
    path("assessments/entries/<int:pk>/", sheets.settle, name="settle"),
    path("assessments/sheets/<int:pk>/appeal/", sheets.appeal, name="appeal"),
    path("assessments/appeals/<int:pk>/answer/", sheets.answer, name="answer"),
    path("assessments/schemes/<int:pk>/draw-up/", sheets.draw_up, name="draw-up"),
    path("assessments/schemes/<int:pk>/decide/", sheets.decide, name="decide"),
    path("assessments/schemes/<int:pk>/lock/", sheets.lock, name="lock"),
    path("assessments/schemes/", schemes.schemes, name="schemes"),
    path("assessments/schemes/import/", schemes.scheme_import, name="scheme-import"),
    path("assessments/schemes/<int:pk>/", schemes.scheme, name="scheme"),
    path("assessments/schemes/<int:pk>/trial/", schemes.scheme_trial, name="scheme-trial"),
    path("assessments/schemes/<int:pk>/start/", schemes.scheme_start, name="scheme-start"),
    path("assessments/schemes/<int:pk>/retire/", schemes.scheme_retire, name="scheme-retire"),
    path("assessments/schemes/<int:pk>/copy/", schemes.scheme_copy, name="scheme-copy"),
    path("assessments/schemes/<int:pk>/export.json", schemes.scheme_export, name="scheme-export"),
    path("assessments/scores/<int:pk>/lines/<path:code>/", scores.line, name="line"),
    path("assessments/scores/<int:pk>/<path:code>/", scores.sheet, name="sheet"),
    path("measures/<int:pk>/", measures.measure, name="measure"),
    path("responsibilities/duties/", measures.duties, name="duties"),
    path("responsibilities/secretary/", measures.secretary_work, name="secretary-work"),
    *measures.PAGES.addresses(),
    path("quality/", quality.quality, name="quality"),
    path("settings/local/", local_settings.local_settings, name="settings"),
]
