from django.urls import path

from campaigns import views

app_name = "campaigns"
urlpatterns = [
    path("campaigns/", views.campaigns, name="list"),
    path("campaigns/<int:pk>/", views.campaign, name="campaign"),
    path("stages/<int:pk>/", views.stage, name="stage"),
]
