# Launch of submission {{ submission_id }}, attempt {{ attempt }}: {{ title|safe }}
# Made by POMS. It is read on standard input, whole before anything runs.
poms_launch() {
set -o pipefail
umask 077
read -r _ _ _ _ poms_group _ < "/proc/$$/stat"
echo "== process_id: $poms_group =="
{% if sandbox %}trap "rm -rf -- $(printf %q {{ sandbox|safe }})" EXIT
{% endif %}{% for name, value in environment.items %}export {{ name }}={{ value|safe }}
{% endfor %}mkdir -p "$POMS_OUTPUT_DIR"

# -- set-up, as the login setup says
{{ setup|safe }}
{% if get_token %}
# -- the token
{{ get_token|safe }}
{% endif %}
# -- the launch
{{ command|safe }}
poms_code=$?
{% for name in copies %}rm -f {{ folder|safe }}/{{ name }}
{% endfor %}echo "== completed: $poms_group =="
return $poms_code
}
poms_launch < /dev/null
