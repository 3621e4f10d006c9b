import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { beforeScrape, counter, gauge } from './registry.js';

/** The last finished span and the running one are read, so that several scrapers see the same; in milliseconds. */
const SPAN = 10_000;
/** At 10, waking up for it was a third of what an idle process computes. */
const RESOLUTION = 50;

/** The lag of the event loop: how much longer than requested a timer of `RESOLUTION` milliseconds takes. */
function watchLoop(): () => number {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  delays.enable();
  const late = () => Math.max(0, delays.percentile(99) / 1e9 - RESOLUTION / 1000);
  let before = 0;
  setInterval(() => {
    before = late();
    delays.reset();
  }, SPAN).unref();
  return () => Math.max(before, delays.count > 0 ? late() : 0);
}

function countCollections(): void {
  const spent = counter('narwhal_nodejs_gc_seconds_total');
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) spent.inc(duration / 1000);
  }).observe({ entryTypes: ['gc'] });
}

function openFiles(): number | null {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}

/** Starts collecting Node's own figures. Call it once per process. */
export function collectProcessMetrics(): void {
  const lag = watchLoop();
  countCollections();
  const started = Date.now() / 1000 - process.uptime();
  beforeScrape(() => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    counter('narwhal_process_cpu_seconds_total').set((user + system) / 1e6);
    gauge('narwhal_process_resident_memory_bytes').set(rss);
    gauge('narwhal_nodejs_heap_size_used_bytes').set(heapUsed);
    gauge('narwhal_nodejs_eventloop_lag_seconds').set(lag());
    gauge('narwhal_process_start_time_seconds').set(started);
    const files = openFiles();
    if (files !== null) gauge('narwhal_process_open_fds').set(files);
  });
}
