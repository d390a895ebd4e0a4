import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from datahandling.handlers.catalogue import Catalogue
from datahandling.models import File, Handle, Project
from datahandling.query import Dataset
from datahandling.testing import declare_files

pytestmark = pytest.mark.django_db

LISTS = ["file", "datasetdefinition", "project", "handle"]


def fill(number):
    for index in range(number):
        raw, made = f"raw{number}.{index}", f"made{number}.{index}"
        names = declare_files("demo", raw, 2, run_number=index)
        declare_files("demo", made, 2, parents=tuple(names))
        Catalogue("demo").define(f"query {number}.{index}", Dataset(raw))
        Catalogue("demo").freeze(f"frozen {number}.{index}", Dataset(raw))
        Catalogue("demo").start_project(f"project {number}.{index}", Dataset(raw))


@pytest.mark.parametrize("model", LISTS)
def test_lists_cost_the_same_however_long_they_are(
    admin_client, model, django_assert_max_num_queries
):
    url = reverse(f"admin:datahandling_{model}_changelist")
    fill(20)

    with django_assert_max_num_queries(10):
        page = admin_client.get(url, {"q": "2"})

    assert page.status_code == 200


def test_a_file_shows_where_it_is_and_what_it_came_from(admin_client):
    fill(1)
    file = File.objects.get(name="made1.0_002.root")

    page = admin_client.get(reverse("admin:datahandling_file_change", args=[file.pk]))

    assert "file:///data/made1.0_002.root" in page.text
    assert "raw1.0_001.root" in page.text


def test_a_project_shows_how_far_it_is_and_leads_to_its_files(admin_client):
    fill(2)
    project = Project.objects.first()

    page = admin_client.get(reverse("admin:datahandling_project_change", args=[project.pk]))
    handles = admin_client.get(
        reverse("admin:datahandling_handle_changelist"), {"project__id__exact": project.pk}
    )

    assert "2 initial, 0 reserved" in page.text
    assert Handle.objects.count() == 4
    assert handles.context["cl"].result_count == 2


@pytest.mark.parametrize("model", LISTS)
def test_nobody_adds_by_hand(admin_client, model):
    assert admin_client.get(reverse(f"admin:datahandling_{model}_add")).status_code == 403


def test_nobody_deletes_by_hand(admin_client):
    fill(1)
    file = File.objects.first()
    url = reverse("admin:datahandling_file_delete", args=[file.pk])

    assert admin_client.post(url, {"post": "yes"}).status_code == 403


def test_those_without_a_permission_see_nothing(client):
    member = get_user_model()(username="member", is_staff=True)
    member.save()
    client.force_login(member)

    page = client.get(reverse("admin:datahandling_file_changelist"))

    assert page.status_code in {302, 403}
