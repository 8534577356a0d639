#!/usr/bin/env python3
"""Calls somebody, then somebody else, and joins them: what a "call me" button does.

    callback.py APPLICATION FIRST SECOND [CONTEXT]

It ends when one of them hangs up: exit status 0 when they talked, 1 when somebody did not answer.
"""

import sys
import time

from tandem import Refused, Tandem


def main():
    application, first, second = sys.argv[1:4]
    context = sys.argv[4] if len(sys.argv) > 4 else "default"
    tandem = Tandem(application)
    events = tandem.events()

    def dial(path, exten):
        return tandem.request("POST", path, {"exten": exten, "context": context})["id"]

    def answered(call, seconds=30):
        """A leg that is not answered tells nothing: Asterisk takes it back after 30 s."""
        deadline = time.monotonic() + seconds
        for name, data in events:
            if name == "call_initiated" and data["call"]["id"] == call:
                return True
            if time.monotonic() > deadline:
                return False

    one = dial("calls", first)
    print("calling", first, flush=True)
    if not answered(one):
        return 1
    node = tandem.request("POST", "nodes", {"calls": [{"id": one}]})["uuid"]
    # What he hears until the other one answers.
    ringing = tandem.request("POST", f"calls/{one}/playbacks", {"uri": "tone:ring"})["uuid"]
    two = dial(f"nodes/{node}/calls", second)
    print("calling", second, flush=True)
    talked = False
    for name, data in events:
        call = data.get("call", {}).get("id")
        if name == "call_initiated" and call == two:
            talked = True
            tandem.request("DELETE", f"playbacks/{ringing}")
            print("joined", flush=True)
        elif name == "call_deleted" and call in (one, two):
            break
    try:
        tandem.request("DELETE", f"nodes/{node}")
    except Refused as refusal:
        print(refusal, file=sys.stderr)
    return 0 if talked else 1


if __name__ == "__main__":
    sys.exit(main())
