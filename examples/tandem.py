"""A client of Tandem's applications: requests, and the events as they come. Python's standard library is enough.

Environment: TANDEM_URL, for instance http://127.0.0.1:9500/1.0, and TANDEM_TOKEN, a token with
calld.applications.#, events.applications.# and calld.events.read.
"""

import http.client
import json
import os
import sys
import time
import urllib.parse


class Refused(Exception):
    """The server said no: `status`, and the `error_id` that says why."""

    def __init__(self, method, path, status, body):
        self.status = status
        self.error_id = body.get("error_id") if isinstance(body, dict) else None
        super().__init__(f"{method} {path}: {status} {self.error_id or body}")


class Tandem:
    def __init__(self, application):
        self.application = application.lower()
        self.url = urllib.parse.urlsplit(os.environ.get("TANDEM_URL", "http://127.0.0.1:9500/1.0"))
        self.token = os.environ["TANDEM_TOKEN"]

    def connection(self, timeout):
        kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        return kind(self.url.hostname, self.url.port, timeout=timeout)

    def request(self, method, path, body=None):
        """A request below the application, for instance request("PUT", f"calls/{call}/answer").

        A call may have hung up a moment ago; then the server says so with 404 `no-such-call`, and this raises Refused.
        """
        target = f"{self.url.path}/applications/{self.application}/{path}"
        headers = {"X-Auth-Token": self.token, "Content-Type": "application/json"}
        connection = self.connection(10)
        try:
            connection.request(method, target, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode() or "null"
            result = json.loads(text) if text.lstrip()[:1] in "{[n" else text
            if answer.status >= 300:
                raise Refused(method, path, answer.status, result)
            return result
        finally:
            connection.close()

    def events(self):
        """The events of this application from now on, as (name, data), for ever.

        It is connected when this returns, so nothing that follows is missed. After a cut it connects again and goes on
        where it was; the same event may then come twice.
        """
        last = None
        connection, stream = self.listen(last)

        def read():
            nonlocal last, connection, stream
            while True:
                try:
                    for name, number, data in self.messages(stream):
                        last = number or last
                        body = json.loads(data) if data else {}
                        if body.get("data", {}).get("application_uuid") == self.application:
                            yield name.removeprefix("application_"), body["data"]
                except (OSError, http.client.HTTPException) as error:
                    print(f"events: {error}", file=sys.stderr)
                connection.close()
                while True:
                    time.sleep(1)
                    try:
                        connection, stream = self.listen(last)
                        break
                    except (OSError, http.client.HTTPException) as error:
                        print(f"events: {error}", file=sys.stderr)

        return read()

    def listen(self, last):
        headers = {"X-Auth-Token": self.token, "Accept": "text/event-stream"}
        if last:
            headers["Last-Event-ID"] = last
        # A comment comes every 15 s: who hears nothing for a minute is cut off.
        connection = self.connection(60)
        connection.request("GET", f"{self.url.path}/events", headers=headers)
        stream = connection.getresponse()
        if stream.status != 200:
            raise http.client.HTTPException(f"GET events: {stream.status} {stream.read().decode()}")
        return connection, stream

    @staticmethod
    def messages(stream):
        """Server-Sent Events: (event, id, data)."""
        event, number, data = "", None, []
        for line in stream:
            line = line.decode().rstrip("\r\n")
            if not line:
                if event:
                    yield event, number, "\n".join(data)
                event, data = "", []
            elif line.startswith("event:"):
                event = line[6:].strip()
            elif line.startswith("id:"):
                number = line[3:].strip()
            elif line.startswith("data:"):
                data.append(line[5:].strip())
