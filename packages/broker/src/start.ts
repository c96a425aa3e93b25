import { assert, type DirectoryId, DiskError, type Logger, type Ports, RequestError } from '@moldau/base';
import { LOG_DIRECTORY_CONFIG_DEFAULT, LogDirectory } from '@moldau/log';
import { MetadataStore } from '@moldau/metadata';
import { Broker } from './broker.ts';
import type { BrokerConfig } from './config.ts';
import { DirectoryRoster } from './directory-roster.ts';
import { ControllerLink } from './lifecycle/controller-link.ts';

/**
 * Opens the data directories, listens, and begins to register. Resolves when the broker listens; it serves once
 * {@link Broker.health} says so.
 *
 * @throws ListenError when the address cannot be listened on; DiskError; DirectoryRefusedError, or RequestError code
 *   INCONSISTENT_CLUSTER_ID, when a directory is another cluster's
 */
export async function start(ports: Ports, config: BrokerConfig): Promise<Broker> {
  assert(config.logDirectories.length > 0 && config.controllers.length > 0, 'a broker has a directory and a quorum');
  const logger = ports.logger.child({ comp: 'broker', brokerId: config.nodeId });
  const link = new ControllerLink(ports, logger, {
    bootstrap: config.controllers,
    clientId: `broker-${config.nodeId}`,
  });
  const directories: LogDirectory[] = [];
  await ports.disk.makeDirectory(config.metadataDirectory);
  const keyValues = await ports.openStore(config.metadataDirectory);
  const closeStore = (): Promise<void> => keyValues.close();
  try {
    const store = new MetadataStore(keyValues);
    const image = await store.load();
    const clusterId = config.clusterId ?? (image.clusterId || (await link.find()).clusterId);
    if (image.clusterId !== '' && image.clusterId !== clusterId) {
      const found = `${config.metadataDirectory} holds metadata of cluster ${image.clusterId}`;
      throw new RequestError(
        'INCONSISTENT_CLUSTER_ID',
        `${found}, this broker is of ${clusterId}: use another directory`,
      );
    }
    let broker: Broker | undefined;
    let failure: unknown;
    for (const path of config.logDirectories) {
      try {
        directories.push(await openDirectory(ports, config, { path, clusterId }, () => broker));
      } catch (error) {
        // A broken disk costs its replicas; one that another process holds, or that is another broker's, is a mistake.
        if (!(error instanceof DiskError) || error.code === 'ELOCKED') throw error;
        logger.error('a data directory cannot be opened', { path, err: error });
        failure = error;
      }
    }
    if (directories.length === 0) throw failure;
    const roster = await DirectoryRoster.open(
      keyValues,
      directories.map(({ directoryId }) => directoryId),
    );
    const returned = directories.filter(({ directoryId }) => roster.returned.includes(directoryId));
    await roster.settled(await emptyReturned(returned, logger));
    const unopened = config.logDirectories.filter((path) => !directories.some((directory) => directory.path === path));
    broker = new Broker(ports, logger, config, {
      clusterId,
      image,
      store,
      closeStore,
      directories,
      unopened,
      roster,
      link,
    });
    await broker.open();
    return broker;
  } catch (error) {
    link.close();
    for (const directory of directories) await directory.close({ clean: true });
    await closeStore();
    throw error;
  }
}

/**
 * Before the broker registers: metadata counts replicas that stand elsewhere now. Gives the directories that failed
 * meanwhile; they are offline. See {@link DirectoryRoster}.
 */
async function emptyReturned(directories: readonly LogDirectory[], logger: Logger): Promise<Set<DirectoryId>> {
  const failed = new Set<DirectoryId>();
  for (const directory of directories) {
    const { path, directoryId } = directory;
    const replicas = [...directory.logs()].map(({ name }) => name);
    if (replicas.length === 0) continue;
    logger.warn('a data directory that was gone is back: its replicas are put aside', { path, count: replicas.length });
    try {
      await directory.moveToStray(replicas);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      failed.add(directoryId);
    }
  }
  return failed;
}

/** What happens to a directory before there is a broker is found in it when that is opened. */
async function openDirectory(
  ports: Ports,
  config: BrokerConfig,
  of: { readonly path: string; readonly clusterId: string },
  broker: () => Broker | undefined,
): Promise<LogDirectory> {
  const { nodeId, plantedBugs, logObserver } = config;
  const directory = await LogDirectory.open(
    ports,
    {
      path: of.path,
      clusterId: of.clusterId,
      nodeId,
      config: { ...LOG_DIRECTORY_CONFIG_DEFAULT, ...config.log },
      ...(plantedBugs && { plantedBugs }),
      ...(logObserver && { observer: logObserver }),
    },
    {
      onFlushed: (logs) => broker()?.flushed(logs),
      onOffline: (reason, noted) => broker()?.directoryFailed(directory, reason, noted),
      onDamaged: (log) => broker()?.logDamaged(log),
    },
  );
  return directory;
}
