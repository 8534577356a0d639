#!/usr/bin/env python3
"""A supervised call: callers talk with an agent, a supervisor listens, and whispers to the agent.

    supervise.py APPLICATION AGENT SUPERVISOR [CONTEXT]

The supervisor presses 0 to be heard by nobody, 1 by the agent alone, 2 by both. One caller at a time.
"""

import sys

from tandem import Refused, Tandem

MODES = {"0": "none", "1": "out", "2": "both"}


class Supervision:
    def __init__(self, tandem, agent, supervisor, context):
        self.tandem, self.extens, self.context = tandem, {"agent": agent, "supervisor": supervisor}, context
        self.calls = {}  # role -> call
        self.node = self.snoop = None

    def dial(self, path, role):
        order = {"exten": self.extens[role], "context": self.context}
        self.calls[role] = self.tandem.request("POST", path, order)["id"]

    def entered(self, caller):
        if self.calls:
            return self.tandem.request("DELETE", f"calls/{caller}")
        self.calls["caller"] = caller
        self.tandem.request("PUT", f"calls/{caller}/answer")
        self.node = self.tandem.request("POST", "nodes", {"calls": [{"id": caller}]})["uuid"]
        self.dial(f"nodes/{self.node}/calls", "agent")

    def initiated(self, call):
        if call == self.calls.get("agent"):
            self.dial("calls", "supervisor")
        elif call == self.calls.get("supervisor"):
            self.snoop = self.tandem.request(
                "POST",
                f"calls/{self.calls['agent']}/snoops",
                {"snooping_call_id": call, "whisper_mode": "none"},
            )["uuid"]
            print("listening", flush=True)

    def pressed(self, call, digit):
        if self.snoop and call == self.calls.get("supervisor") and digit in MODES:
            self.tandem.request("PUT", f"snoops/{self.snoop}", {"whisper_mode": MODES[digit]})
            print(MODES[digit], flush=True)

    def deleted(self, call):
        if call == self.calls.get("supervisor"):
            # The conversation goes on; its snoop ended with him.
            self.snoop = None
            del self.calls["supervisor"]
        elif call in self.calls.values():
            supervisor, node = self.calls.get("supervisor"), self.node
            self.calls, self.node, self.snoop = {}, None, None
            self.tandem.request("DELETE", f"nodes/{node}")
            if supervisor:
                self.tandem.request("DELETE", f"calls/{supervisor}")
            print("over", flush=True)


def main():
    application, agent, supervisor = sys.argv[1:4]
    tandem = Tandem(application)
    supervision = Supervision(tandem, agent, supervisor, sys.argv[4] if len(sys.argv) > 4 else "default")
    events = tandem.events()
    print("ready", flush=True)
    for name, data in events:
        try:
            if name == "call_entered":
                supervision.entered(data["call"]["id"])
            elif name == "call_initiated":
                supervision.initiated(data["call"]["id"])
            elif name == "call_dtmf_received":
                supervision.pressed(data["call_id"], data["dtmf"])
            elif name == "call_deleted":
                supervision.deleted(data["call"]["id"])
        except Refused as refusal:
            print(refusal, file=sys.stderr)


if __name__ == "__main__":
    main()
