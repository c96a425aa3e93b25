"""What the Python clients of this suite share: orders on the command line, one JSON document a line in and out."""

import base64
import json
import signal
import sys
import threading


def order():
    """The command and its options."""
    return sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}


def say(**document):
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def wanted():
    """The records that stand on stdin, as they come: their place in the order, and the record."""
    for index, line in enumerate(sys.stdin):
        record = json.loads(line)
        yield index, {
            "key": decoded(record["key"]),
            "value": decoded(record["value"]),
            "headers": [(name, decoded(value)) for name, value in record.get("headers", [])],
            "timestamp": record.get("timestamp"),
        }


def tell_record(topic, partition, offset, timestamp, key, value, headers):
    say(
        record={
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "timestamp": timestamp,
            "key": encoded(key),
            "value": encoded(value),
            "headers": [[name, encoded(data)] for name, data in headers or []],
        }
    )


class Held:
    """The partitions that a member holds, told whenever they change."""

    def __init__(self):
        self.partitions = set()

    def add(self, places):
        self.partitions |= {each.partition for each in places}
        say(assigned=sorted(self.partitions))

    def remove(self, places):
        self.partitions -= {each.partition for each in places}
        say(assigned=sorted(self.partitions))


def administer(admin, steps):
    """Carries out one step after the other, each a method and its arguments, and tells what came of it."""
    for step, *arguments in steps:
        try:
            say(answer=getattr(admin, step)(*arguments))
        except Exception as error:  # What the broker refuses is an answer too.
            say(answer=None, error=f"{type(error).__name__}: {error}")


def encoded(data):
    return None if data is None else base64.b64encode(data).decode()


def decoded(text):
    return None if text is None else base64.b64decode(text)


def stopped():
    """Is set when whoever started this program wants it to end."""
    event = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: event.set())
    return event
