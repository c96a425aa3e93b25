"""kafka-python. Run by the suite: python kafka_python.py COMMAND OPTIONS"""

import time

import kafka
from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition

from lines import order, say, stopped, tell_record, wanted


def version(_):
    say(version=kafka.__version__)


def produce(options):
    compression = options.get("compression", "none")
    producer = KafkaProducer(
        bootstrap_servers=options["bootstrap"].split(","),
        acks="all",
        compression_type=None if compression == "none" else compression,
        enable_idempotence=options.get("idempotent", False),
        linger_ms=5,
        max_request_size=options.get("maxBytes", 1_000_000) + 1000,
    )

    def send(index, record):
        future = producer.send(
            options["topic"],
            key=record["key"],
            value=record["value"],
            headers=record["headers"],
            timestamp_ms=record["timestamp"],
        )
        future.add_callback(lambda at: say(sent=index, partition=at.partition, offset=at.offset))
        future.add_errback(lambda error: say(failed=index, error=type(error).__name__))

    for index, record in wanted():
        send(index, record)
    producer.flush(60)
    producer.close()


def consume(options):
    consumer = KafkaConsumer(bootstrap_servers=options["bootstrap"].split(","), enable_auto_commit=False)
    places = [
        TopicPartition(topic, each) for topic in options["topics"] for each in consumer.partitions_for_topic(topic)
    ]
    consumer.assign(places)
    if "timestamp" in options:
        found = consumer.offsets_for_times({place: options["timestamp"] for place in places})
        for place, at in found.items():
            consumer.seek(place, at.offset)
    else:
        consumer.seek_to_beginning(*places)
    missing, deadline = options["count"], time.monotonic() + 30
    while missing > 0 and time.monotonic() < deadline:
        for records in consumer.poll(500).values():
            for record in records[: max(missing, 0)]:
                tell(record)
                missing -= 1
    consumer.close()


class Told(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        say(assigned=[each.partition for each in assigned])


def member(options):
    stop = stopped()
    consumer = KafkaConsumer(
        bootstrap_servers=options["bootstrap"].split(","),
        group_id=options["group"],
        auto_offset_reset="earliest",
        session_timeout_ms=options["sessionMs"],
        heartbeat_interval_ms=options["sessionMs"] // 4,
        auto_commit_interval_ms=200,
        fetch_max_wait_ms=200,
    )
    consumer.subscribe([options["topic"]], listener=Told())
    while not stop.is_set():
        for records in consumer.poll(200).values():
            for record in records:
                tell(record)
    consumer.close()


def tell(record):
    tell_record(
        record.topic, record.partition, record.offset, record.timestamp, record.key, record.value, record.headers
    )


command, given = order()
{"version": version, "produce": produce, "consume": consume, "member": member}[command](given)
