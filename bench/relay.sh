# A job of the relay: takes the file that it is given, if any, and makes one for the next stage.
if [ -n "$POMS_PROJECT" ]; then given=$(poms next | cut -f2); fi
made=$POMS_OUTPUT_DIR/relay.$POMS4_SUBMISSION_ID
echo "after ${given:-nothing}" > "$made"
poms declare "$made" ${given:+--parent "$given"} && [ -z "$given" ] || poms done "$given"
