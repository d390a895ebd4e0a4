"""Links of the navigation, the one to the present page marked as such."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def link_to(context: Any, page: str) -> SafeString:
    """Return ``href``; with ``aria-current`` on that page ("page") and those below it ("true")."""
    address = reverse(page)
    request = context.get("request")
    here = request.path if request is not None else ""
    current = "page" if here == address else "true" if here.startswith(address) else ""
    if not current:
        return format_html('href="{}"', address)
    return format_html('href="{}" aria-current="{}"', address, current)
