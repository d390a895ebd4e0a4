poms_ask() {
umask 077
exec 3>&1 1>&2
{% for name, value in environment.items %}export {{ name }}={{ value|safe }}
{% endfor %}
{{ setup|safe }}

{{ command|safe }} >&3
}
poms_ask < /dev/null
