"""Signing in and out, with passwords of our own, and the tokens that scripts sign in with."""

from datetime import timedelta
from math import ceil
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView as DjangosLoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import ApiToken, FailedSignIn
from campaigns.scopes import Scope

LIFETIMES = {30: "30 days", 90: "90 days", 365: "a year"}


class PersonsLoginForm(AuthenticationForm):
    """Asks a name and a password; after many wrong ones for a name, from one address, no more."""

    def clean(self) -> dict[str, Any]:
        name = str(self.cleaned_data.get("username", ""))
        address = str(self.request.META.get("REMOTE_ADDR", "")) if self.request else ""
        until = FailedSignIn.objects.begin(name, address)
        if until is not None:
            minutes = ceil((until - timezone.now()) / timedelta(minutes=1))
            raise ValidationError(
                f"Too many sign-ins with this name failed. Try again in {minutes} "
                f"minute{pluralize(minutes)}."
            )
        cleaned = super().clean()
        FailedSignIn.objects.of(name, address).delete()
        return cleaned

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if user.is_agent:
            raise ValidationError("An agent signs in with its token, not with a password.")


class LoginView(DjangosLoginView):
    authentication_form = PersonsLoginForm
    redirect_authenticated_user = True


class NewTokenForm(forms.Form):
    lifetime = forms.TypedChoiceField(
        choices=list(LIFETIMES.items()), coerce=int, label="Valid for"
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        initial=[Scope.READ, Scope.LAUNCH],
        widget=forms.CheckboxSelectMultiple,
        label="To",
        error_messages={"required": "Choose what it is for."},
    )


@require_GET
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """Show a person's own API tokens: what there is of them, never the tokens."""
    return _tokens_page(request, NewTokenForm())


@require_POST
@login_required
@never_cache
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show it, this once: only its digest is kept."""
    form = NewTokenForm(request.POST)
    if not form.is_valid():
        return _tokens_page(request, form, status=400)
    lifetime = timedelta(days=form.cleaned_data["lifetime"])
    _, token = ApiToken.objects.create(
        request.user, expiry=lifetime, scopes=form.cleaned_data["scopes"]
    )
    return _tokens_page(request, NewTokenForm(), token, status=201)


@require_POST
@login_required
def revoke_token(request: HttpRequest) -> HttpResponse:
    mine = ApiToken.objects.filter(user=request.user)
    get_object_or_404(mine, digest=request.POST.get("token", "")).delete()
    messages.success(request, "The token is revoked: what still uses it is refused from now on.")
    return redirect("tokens")


def _tokens_page(
    request: HttpRequest, form: NewTokenForm, new: str = "", status: int = 200
) -> HttpResponse:
    mine = ApiToken.objects.filter(user=request.user)
    return render(
        request,
        "registration/tokens.html",
        {"tokens": mine, "form": form, "new": new},
        status=status,
    )
