"""kafka-python. Run by the suite: python kafka_python.py COMMAND OPTIONS"""

import time

import kafka
from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.structs import OffsetAndMetadata

from lines import Held, administer, order, say, stopped, tell_record, wanted

ASSIGNORS = {each.name: each for each in (CooperativeStickyAssignor, RoundRobinPartitionAssignor)}


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
    producer.flush(90)
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
    missing, deadline = options["count"], time.monotonic() + 60
    while missing > 0 and time.monotonic() < deadline:
        for records in consumer.poll(500).values():
            for record in records[: max(missing, 0)]:
                tell(record)
                missing -= 1
    consumer.close()


class Told(ConsumerRebalanceListener):
    def __init__(self):
        self.held = Held()

    def on_partitions_revoked(self, revoked):
        self.held.remove(revoked)

    def on_partitions_assigned(self, assigned):
        self.held.add(assigned)


def member(options):
    stop = stopped()
    assignor = {"partition_assignment_strategy": [ASSIGNORS[options["assignor"]]]} if "assignor" in options else {}
    consumer = KafkaConsumer(
        bootstrap_servers=options["bootstrap"].split(","),
        group_id=options["group"],
        group_instance_id=options.get("instance"),
        auto_offset_reset="earliest",
        session_timeout_ms=options["sessionMs"],
        heartbeat_interval_ms=options["heartbeatMs"],
        auto_commit_interval_ms=200,
        fetch_max_wait_ms=200,
        **assignor,
    )
    # A leader that has not heard of the topic yet assigns nothing of it, and at times takes that for all there is ever after.
    consumer.partitions_for_topic(options["topic"])
    consumer.subscribe([options["topic"]], listener=Told())
    while not stop.is_set():
        for records in consumer.poll(200).values():
            for record in records:
                tell(record)
    consumer.close()


class Admin:
    def __init__(self, bootstrap):
        self.client = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))

    def create(self, topic, partitions, replicas, configs):
        wanted = {"num_partitions": partitions, "replication_factor": replicas, "configs": configs}
        self.client.create_topics({topic: wanted})

    def topics(self):
        return self.client.list_topics()

    def describe(self, topic):
        [described] = self.client.describe_topics([topic])
        partitions = described["partitions"]
        return {"partitions": len(partitions), "replicas": len(partitions[0]["replica_nodes"])}

    def config(self, topic, name):
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        described = self.client.describe_configs([resource], config_filter="all")
        return described["topic"][topic][name]["value"]

    def alter(self, topic, name, value):
        result = self.client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})])
        raise_refusal(result["topic"][topic])

    def grow(self, topic, partitions):
        self.client.create_partitions({topic: partitions})

    def trim(self, topic, offset):
        place = TopicPartition(topic, 0)
        return self.client.delete_records({place: offset})[place]["low_watermark"]

    def commit(self, group, topic, offset):
        place = TopicPartition(topic, 0)
        raise_error(self.client.alter_group_offsets(group, {place: OffsetAndMetadata(offset, "", -1)})[place])

    def committed(self, group, topic):
        place = self.client.list_group_offsets([group])[group].get(TopicPartition(topic, 0))
        return place.offset if place is not None and place.offset >= 0 else None

    def uncommit(self, group, topic):
        place = TopicPartition(topic, 0)
        raise_error(self.client.delete_group_offsets(group, [place])[place])

    def delete(self, topic):
        self.client.delete_topics([topic])

    def groups(self):
        return [each["group_id"] for each in self.client.list_groups()]

    def group(self, group):
        described = self.client.describe_groups([group])[group]
        return {"state": described["group_state"].lower(), "members": len(described["members"])}

    def forget(self, group):
        raise_refusal(self.client.delete_groups([group])[group])


def raise_refusal(result):
    """Some calls give what the broker says as a text."""
    if result != "OK":
        raise RuntimeError(result)


def raise_error(kind):
    """Others give the class of what would be raised."""
    if kind.errno != 0:
        raise kind()


def tell(record):
    tell_record(
        record.topic, record.partition, record.offset, record.timestamp, record.key, record.value, record.headers
    )


def admin(options):
    administer(Admin(options["bootstrap"]), options["steps"])


command, given = order()
{"version": version, "produce": produce, "consume": consume, "member": member, "admin": admin}[command](given)
