import { applyBatch, decodeBatch, EMPTY_IMAGE, encodeBatch } from '@moldau/metadata';
import { expect, test } from 'vitest';
import { overruledDefaults } from '../src/cluster-defaults.ts';

const record = { resourceType: 'cluster', resourceName: '', name: 'min.insync.replicas', value: '3' } as const;
const { image } = applyBatch(
  EMPTY_IMAGE,
  decodeBatch(encodeBatch([{ record: { kind: 'config', value: record } }], 0)),
  { offset: 1, epoch: 1 },
);

test('settings of the cluster that have another value there are named', () => {
  const given = new Map([
    ['min.insync.replicas', '1'],
    ['num.partitions', '1'],
    ['log.retention.ms', '5'],
  ]);
  expect(overruledDefaults(given, image)).toEqual([
    { name: 'min.insync.replicas', given: '1', inForce: '3' },
    { name: 'log.retention.ms', given: '5', inForce: '604800000' },
  ]);
});
