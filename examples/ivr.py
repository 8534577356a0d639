#!/usr/bin/env python3
"""A menu: 1 says the time, 2 calls a colleague, # hangs up.

    ivr.py APPLICATION [EXTENSION [CONTEXT]]
"""

import sys
import time

from tandem import Refused, Tandem


class Menu:
    def __init__(self, tandem, exten, context):
        self.tandem, self.exten, self.context = tandem, exten, context
        self.nodes = {}  # who talks with a colleague: both calls lead to their node

    def play(self, call, *media):
        """One after the other: Asterisk keeps them in a queue."""
        for uri in media:
            self.tandem.request("POST", f"calls/{call}/playbacks", {"uri": uri})

    def entered(self, call):
        self.tandem.request("PUT", f"calls/{call}/answer")
        self.play(call, "sound:hello-world", "sound:vm-enter-num-to-call")
        print("menu", call, flush=True)

    def pressed(self, call, digit):
        if call in self.nodes:
            return
        if digit == "1":
            now = time.localtime()
            self.play(call, f"number:{now.tm_hour}", f"number:{now.tm_min}")
        elif digit == "2":
            node = self.tandem.request("POST", "nodes", {"calls": [{"id": call}]})["uuid"]
            self.nodes[call] = node
            leg = self.tandem.request(
                "POST", f"nodes/{node}/calls", {"exten": self.exten, "context": self.context}
            )
            self.nodes[leg["id"]] = node
        elif digit == "#":
            self.tandem.request("DELETE", f"calls/{call}")
        else:
            self.play(call, "sound:pbx-invalid")
        print("pressed", digit, flush=True)

    def deleted(self, call):
        node = self.nodes.pop(call, None)
        if node:
            # The other one goes too.
            self.nodes = {call: other for call, other in self.nodes.items() if other != node}
            self.tandem.request("DELETE", f"nodes/{node}")


def main():
    application = sys.argv[1]
    exten = sys.argv[2] if len(sys.argv) > 2 else "1001"
    context = sys.argv[3] if len(sys.argv) > 3 else "default"
    tandem = Tandem(application)
    menu = Menu(tandem, exten, context)
    events = tandem.events()
    print("ready", flush=True)
    for name, data in events:
        try:
            if name == "call_entered":
                menu.entered(data["call"]["id"])
            elif name == "call_dtmf_received":
                menu.pressed(data["call_id"], data["dtmf"])
            elif name == "call_deleted":
                menu.deleted(data["call"]["id"])
        except Refused as refusal:
            # As a rule the caller has hung up meanwhile, and his call_deleted comes next.
            print(refusal, file=sys.stderr)


if __name__ == "__main__":
    main()
