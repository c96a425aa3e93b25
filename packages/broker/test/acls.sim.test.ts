import { errorNumber } from '@moldau/base';
import { createAcls, deleteAcls, describeAcls } from '@moldau/protocol';
import { expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';

const RULE = { resourceType: 2, resourceName: 't', principal: 'User:a', host: '*', operation: 3, permissionType: 3 };
const ALL = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};

test.each([1, 2, 3])('whatever is said of ACLs is refused as without an authorizer: version %i', async (version) => {
  const world = new BrokerWorld('acls', [], {}, {});
  await world.open(1);
  const client = world.kafka(1);
  const refused = { errorCode: errorNumber('SECURITY_DISABLED'), errorMessage: expect.stringContaining('authorizer') };
  expect(await client.ask(describeAcls, version, ALL)).toMatchObject({ ...refused, resources: [] });
  expect(await client.ask(createAcls, version, { creations: [RULE, RULE] })).toMatchObject({
    results: [refused, refused],
  });
  expect(await client.ask(deleteAcls, version, { filters: [ALL] })).toMatchObject({
    filterResults: [{ ...refused, matchingAcls: [] }],
  });
});
