# Launch of submission {{ submission_id }}, attempt {{ attempt }}: {{ title|safe }}
# Made by POMS. It is read on standard input, whole before anything runs.
poms_launch() {
set -o pipefail
umask 077
echo "== process_id: $$ =="
{% for name, value in environment.items %}export {{ name }}={{ value|safe }}
{% endfor %}mkdir -p "$POMS_OUTPUT_DIR"

# -- set-up, as the login setup says
{{ setup|safe }}

# -- the launch
{{ command|safe }}
poms_code=$?
echo "== completed: $$ =="
return $poms_code
}
poms_launch < /dev/null
