"""confluent-kafka, on librdkafka. Run by the suite: python confluent.py COMMAND OPTIONS"""

import time

import confluent_kafka
from confluent_kafka import OFFSET_BEGINNING, Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
)

from lines import Held, administer, order, say, stopped, tell_record, wanted


def version(_):
    say(version=f"{confluent_kafka.__version__} (librdkafka {confluent_kafka.libversion()[0]})")


def produce(options):
    config = {
        "bootstrap.servers": options["bootstrap"],
        "compression.type": options.get("compression", "none"),
        "enable.idempotence": options.get("idempotent", False),
        "acks": "all",
        "linger.ms": 5,
        "message.max.bytes": options.get("maxBytes", 1_000_000),
    }
    producer = Producer(config)

    def told(index):
        def tell(error, message):
            if error is None:
                say(sent=index, partition=message.partition(), offset=message.offset())
            else:
                say(failed=index, error=error.name())

        return tell

    for index, record in wanted():
        timestamp = {} if record["timestamp"] is None else {"timestamp": record["timestamp"]}
        producer.produce(
            options["topic"],
            key=record["key"],
            value=record["value"],
            headers=record["headers"],
            on_delivery=told(index),
            **timestamp,
        )
        producer.poll(0)
    producer.flush(90)


def consume(options):
    consumer = Consumer({"bootstrap.servers": options["bootstrap"], "group.id": "unused", "enable.auto.commit": False})
    places = []
    for topic in options["topics"]:
        partitions = consumer.list_topics(topic, 60).topics[topic].partitions
        places += [TopicPartition(topic, each, options.get("timestamp", OFFSET_BEGINNING)) for each in partitions]
    if "timestamp" in options:
        places = consumer.offsets_for_times(places, 60)
    consumer.assign(places)
    missing, deadline = options["count"], time.monotonic() + 60
    while missing > 0 and time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is None:
            continue
        tell(message)
        missing -= 1
    consumer.close()


def member(options):
    stop, held = stopped(), Held()
    config = {
        "bootstrap.servers": options["bootstrap"],
        "group.id": options["group"],
        "auto.offset.reset": "earliest",
        "session.timeout.ms": options["sessionMs"],
        "heartbeat.interval.ms": options["heartbeatMs"],
        "auto.commit.interval.ms": 200,
        "fetch.wait.max.ms": 200,
    }
    if "instance" in options:
        config["group.instance.id"] = options["instance"]
    if "assignor" in options:
        config["partition.assignment.strategy"] = options["assignor"]
    consumer = Consumer(config)
    consumer.subscribe(
        [options["topic"]],
        on_assign=lambda _, partitions: held.add(partitions),
        on_revoke=lambda _, partitions: held.remove(partitions),
    )
    while not stop.is_set():
        message = consumer.poll(0.2)
        if message is not None:
            tell(message)
    consumer.close()


class Admin:
    def __init__(self, bootstrap):
        self.client = AdminClient({"bootstrap.servers": bootstrap})

    def create(self, topic, partitions, replicas, configs):
        made = self.client.create_topics([NewTopic(topic, partitions, replicas, config=configs)])
        return made[topic].result()

    def topics(self):
        return list(self.client.list_topics(timeout=60).topics)

    def describe(self, topic):
        partitions = self.client.list_topics(topic, 60).topics[topic].partitions
        return {"partitions": len(partitions), "replicas": len(partitions[0].replicas)}

    def config(self, topic, name):
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
        return self.client.describe_configs([resource])[resource].result()[name].value

    def alter(self, topic, name, value):
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        return self.client.incremental_alter_configs([resource])[resource].result()

    def grow(self, topic, partitions):
        return self.client.create_partitions([NewPartitions(topic, partitions)])[topic].result()

    def trim(self, topic, offset):
        place = TopicPartition(topic, 0, offset)
        return self.client.delete_records([place])[place].result().low_watermark

    def commit(self, group, topic, offset):
        wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, offset)])
        [place] = self.client.alter_consumer_group_offsets([wanted])[group].result().topic_partitions
        if place.error is not None:
            raise RuntimeError(place.error.name())

    def committed(self, group, topic):
        wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0)])
        [place] = self.client.list_consumer_group_offsets([wanted])[group].result().topic_partitions
        return place.offset if place.offset >= 0 else None

    def delete(self, topic):
        return self.client.delete_topics([topic])[topic].result()

    def groups(self):
        return [each.group_id for each in self.client.list_consumer_groups().result().valid]

    def group(self, group):
        described = self.client.describe_consumer_groups([group])[group].result()
        return {"state": described.state.name.lower(), "members": len(described.members)}

    def forget(self, group):
        return self.client.delete_consumer_groups([group])[group].result()


def tell(message):
    if message.error() is not None:
        raise SystemExit(str(message.error()))
    tell_record(
        message.topic(),
        message.partition(),
        message.offset(),
        message.timestamp()[1],
        message.key(),
        message.value(),
        message.headers(),
    )


def admin(options):
    administer(Admin(options["bootstrap"]), options["steps"])


command, given = order()
{"version": version, "produce": produce, "consume": consume, "member": member, "admin": admin}[command](given)
