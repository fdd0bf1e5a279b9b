import type { Bench } from '../bench.ts';
import type { Section } from '../options.ts';
import type { ScaleSection } from '../report/scale.ts';
import { hasRedis } from '../servers/redis.ts';
import { measureGrowth } from './growth.ts';
import { measureNodes } from './nodes.ts';
import { measureWorkers } from './workers.ts';

/** Compares Signet with more of itself. @returns the sections, and why some were left out, one sentence each */
export async function measureScale(
  bench: Bench,
  sections: readonly Section[],
): Promise<{ scale: ScaleSection[]; leftOut: string[] }> {
  const scale: ScaleSection[] = [];
  const leftOut: string[] = [];
  const cores = bench.scaleCores;
  const redis = hasRedis();
  if (cores === undefined) leftOut.push('Workers and nodes were not measured: nothing can be pinned.');
  if (!redis) leftOut.push('Nothing was measured on Redis: there is no redis-server.');
  if (sections.includes('workers') && cores !== undefined) scale.push(await measureWorkers(bench, cores));
  if (sections.includes('nodes') && cores !== undefined && redis) {
    scale.push(await measureNodes(bench, cores));
  }
  if (sections.includes('growth')) {
    scale.push(await measureGrowth(bench, 'SQLite'));
    if (redis && bench.plan.growth.redis) scale.push(await measureGrowth(bench, 'Redis'));
  }
  return { scale, leftOut };
}
