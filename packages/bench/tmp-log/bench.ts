import { NodeDisk, NodeRandom, NodeTimers, nativeChecksum, systemClock } from '../../host/src/index.ts';
import { LogDirectory, LOG_CONFIG_DEFAULT, LOG_DIRECTORY_CONFIG_DEFAULT } from '../../log/src/index.ts';
import { BatchBuilder } from '../../records/src/index.ts';
import { rmSync, mkdtempSync } from 'node:fs';
const silent: any = { debug() {}, info() {}, warn: console.warn, error: console.error, child() { return silent; } };
const path = mkdtempSync('/var/tmp/moldau-log-');
const ports = { disk: new NodeDisk(), checksum: nativeChecksum, clock: systemClock, timers: new NodeTimers(systemClock), random: new NodeRandom(), logger: silent };
const waiters = new Map<any, { end: number; done: () => void }[]>();
let flushes = 0;
const events = { onFlushed(logs: any) { flushes++; for (const log of logs) { const list = waiters.get(log) ?? []; while (list[0] && list[0].end <= log.flushedEnd) list.shift()!.done(); } }, onOffline(e: any) { throw e; }, onDamaged() {} };
const options = { path, clusterId: 'CCCCCCCCCCCCCCCCCCCCCA', nodeId: 1, config: LOG_DIRECTORY_CONFIG_DEFAULT };
let dir = await LogDirectory.open(ports as any, options, events);
function batch(bytes: number): Uint8Array { const b = new BatchBuilder(); b.append({ key: null, value: new Uint8Array(bytes - 80), headers: [] }, Date.now()); return b.finish(nativeChecksum); }
const parts = Number(process.argv[2] ?? 8), size = Number(process.argv[3] ?? 65536), total = Number(process.argv[4] ?? 1e9), inflight = Number(process.argv[5] ?? 4);
const logs = await Promise.all(Array.from({ length: parts }, (_, i) => dir.create({ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partition: i, incarnation: 1, config: LOG_CONFIG_DEFAULT })));
for (const l of logs) { l.beginEpoch(0); waiters.set(l, []); }
let sent = 0; const lat: number[] = []; let refused = 0;
const template = batch(size);
const t0 = performance.now(); const cpu0 = process.cpuUsage();
await Promise.all(logs.flatMap((log) => Array.from({ length: inflight }, async () => {
  while (sent < total) {
    const copy = template.slice();
    const t = performance.now();
    const r = log.appendAsLeader(copy, 0, Date.now());
    if (r.kind !== 'appended') { refused++; await new Promise((x) => setTimeout(x, 5)); continue; }
    sent += size;
    await new Promise<void>((done) => waiters.get(log)!.push({ end: r.endOffset, done }));
    lat.push(performance.now() - t);
  }
})));
const s = (performance.now() - t0) / 1000; const cpu = process.cpuUsage(cpu0);
lat.sort((a, b) => a - b);
console.log({ parts, size, inflight, MBs: (sent / 1e6 / s).toFixed(0), batchesPerS: (lat.length / s).toFixed(0), flushesPerS: (flushes / s).toFixed(0), p50: lat[lat.length >> 1]!.toFixed(2), p99: lat[Math.floor(lat.length * 0.99)]!.toFixed(2), max: lat.at(-1)!.toFixed(0), refused, cpuShare: ((cpu.user + cpu.system) / 1e6 / s).toFixed(2), rssMB: (process.memoryUsage().rss / 1e6).toFixed(0) });
const t1 = performance.now(); await dir.close({ clean: false }); 
const t2 = performance.now(); dir = await LogDirectory.open(ports as any, options, events); console.log('reopen after crash', (performance.now() - t2).toFixed(0), 'ms', dir.verdict, 'damaged', dir.damaged.length, 'end ok', [...dir.logs()].reduce((a, l) => a + l.endOffset, 0) === sent / size);
const l0 = dir.get('AAAAAAAAAAAAAAAAAAAAAA', 0)!; let at = 0, read = 0; const t3 = performance.now();
while (at < l0.endOffset) { const r = await l0.read(at, { maxBytes: 1 << 20, end: l0.endOffset, minOneBatch: true }); read += r.bytes; at = r.nextOffset; }
console.log('cold read MB/s', (read / 1e3 / (performance.now() - t3)).toFixed(0));
const t4 = performance.now(); await dir.close({ clean: true }); console.log('clean close', (performance.now() - t4).toFixed(0), 'ms');
rmSync(path, { recursive: true });
