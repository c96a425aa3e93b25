/** Which replicas move where: from what the cluster is and what was asked for, without asking or changing anything. */
import type { BrokerDescription, PartitionDescription, PartitionName, TopicDescription } from '@moldau/client';
import { moveReplicas } from '@moldau/metadata';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import { keyOf } from './partition-arguments.ts';

/** One partition that is to have other replicas, or the same in another order. */
export interface PlannedMove extends PartitionName {
  /** Those that it would have otherwise, the preferred leader first: of a move under way, its target. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Brokers that must copy it. */
  readonly adding: readonly number[];
  readonly removing: readonly number[];
}

export interface MoveWish {
  /** These and no others have the partitions; undefined: any that serve. */
  readonly brokers?: readonly number[] | undefined;
  readonly replicationFactor?: number | undefined;
  /** Exactly these, the preferred leader first. */
  readonly replicas?: readonly number[] | undefined;
}

interface Cluster {
  readonly brokers: readonly BrokerDescription[];
  readonly topics: readonly TopicDescription[];
}

/** These partitions, as they are asked to be. @throws CliError for brokers that are not there, or too few of them */
export function planMoves(
  { brokers, topics }: Cluster,
  named: readonly PartitionName[],
  wish: MoveWish,
): PlannedMove[] {
  checkBrokers(brokers, [...(wish.brokers ?? []), ...(wish.replicas ?? [])]);
  const wanted = new Set(named.map(keyOf));
  const allowed = new Set(wish.brokers ?? brokers.map(({ brokerId }) => brokerId));
  const leaving = new Set(brokers.map(({ brokerId }) => brokerId).filter((id) => !allowed.has(id)));
  return topics.flatMap((topic, index) => {
    const isWanted = ({ partition }: PartitionDescription): boolean =>
      wanted.has(keyOf({ topic: topic.name, partition }));
    const moving = topic.partitions.filter(isWanted);
    const { replicas, replicationFactor } = wish;
    if (replicas !== undefined)
      return changes(
        topic,
        moving,
        moving.map(() => replicas),
        brokers,
      );
    const placed = moveReplicas({
      brokers,
      targets: serving(brokers),
      leaving,
      partitions: moving.map(targetOf),
      existing: topic.partitions.filter((each) => !isWanted(each)).map(targetOf),
      replicationFactor,
      even: true,
      start: index,
    });
    return changes(topic, moving, placed, brokers);
  });
}

/** Whatever is on this broker goes to others, and nothing else moves. @throws CliError as {@link planMoves} */
export function planDrain({ brokers, topics }: Cluster, brokerId: number): PlannedMove[] {
  checkBrokers(brokers, [brokerId]);
  let start = 0;
  return topics.flatMap((topic) => {
    const isOnIt = (each: PartitionDescription): boolean => targetOf(each).includes(brokerId);
    const moving = topic.partitions.filter(isOnIt);
    const placed = moveReplicas({
      brokers,
      targets: serving(brokers),
      leaving: new Set([brokerId]),
      partitions: moving.map(targetOf),
      existing: topic.partitions.filter((each) => !isOnIt(each)).map(targetOf),
      even: false,
      start,
    });
    start += moving.length;
    return changes(topic, moving, placed, brokers);
  });
}

/** What partitions that are being moved go back to. */
export function planCancel(topics: readonly TopicDescription[], named: readonly PartitionName[]): PlannedMove[] {
  const wanted = new Set(named.map(keyOf));
  return topics.flatMap((topic) => {
    const moving = topic.partitions.filter(
      (each) => isMoving(each) && wanted.has(keyOf({ topic: topic.name, partition: each.partition })),
    );
    return moving.map((each) => ({
      topic: topic.name,
      partition: each.partition,
      from: targetOf(each),
      to: without(each.replicas, each.addingReplicas),
      adding: [],
      removing: each.addingReplicas,
    }));
  });
}

export function isMoving({ addingReplicas, removingReplicas }: PartitionDescription): boolean {
  return addingReplicas.length + removingReplicas.length > 0;
}

/** The replicas that a move under way ends with; without one, those that there are. */
export function targetOf({ replicas, removingReplicas }: PartitionDescription): readonly number[] {
  return replicas.filter((id) => !removingReplicas.includes(id));
}

function changes(
  topic: TopicDescription,
  partitions: readonly PartitionDescription[],
  placed: readonly (readonly number[] | undefined)[],
  brokers: readonly BrokerDescription[],
): PlannedMove[] {
  return partitions.flatMap((each, index): PlannedMove[] => {
    const [from, to] = [targetOf(each), placed[index]];
    const name = keyOf({ topic: topic.name, partition: each.partition });
    if (to === undefined) {
      const hint = 'see npx moldau broker list; more brokers can be named, or fewer replicas asked for with -r';
      const message = `${name} finds too few brokers for its replicas among those that serve and may have them`;
      throw new CliError('TOO_FEW_BROKERS', message, { exitCode: EXIT.someFailed, hint });
    }
    if (from.length === to.length && from.every((id, at) => to[at] === id)) return [];
    const adding = to.filter((id) => !each.replicas.includes(id));
    const absent = adding.find((id) => !serving(brokers).has(id));
    if (absent !== undefined) {
      throw usageError(`broker ${absent} does not serve, and would copy ${name}`, 'start it, or name another');
    }
    return [{ topic: topic.name, partition: each.partition, from, to, adding, removing: without(each.replicas, to) }];
  });
}

function without(ids: readonly number[], others: readonly number[]): readonly number[] {
  return ids.filter((id) => !others.includes(id));
}

function serving(brokers: readonly BrokerDescription[]): ReadonlySet<number> {
  return new Set(
    brokers.filter(({ fenced, shuttingDown }) => !fenced && !shuttingDown).map(({ brokerId }) => brokerId),
  );
}

function checkBrokers(brokers: readonly BrokerDescription[], ids: readonly number[]): void {
  const known = brokers.map(({ brokerId }) => brokerId);
  const missing = ids.find((id) => !known.includes(id));
  if (missing !== undefined) throw usageError(`there is no broker ${missing}`, `the brokers are ${known.join(', ')}`);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw usageError(`broker ${twice} is named twice`);
}
