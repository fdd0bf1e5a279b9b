import type { Goal } from './goal.ts';
import { ratios, type Summary, summarize } from './statistics.ts';

/** How a figure changes with more workers, nodes or accounts. */

export interface ScaleSection {
  title: string;
  /** What the two sides are called. */
  small: string;
  large: string;
  rows: ScaleRow[];
}

export interface ScaleRow {
  scenario: string;
  unit: string;
  better: 'more' | 'less';
  small: Summary;
  large: Summary;
  /** The large side's figure through the small one's. */
  ratio: Summary;
  goals?: readonly Goal<'ratio' | 'cpuRatio'>[];
  /** The same by the servers' own processor time: it holds on a busy machine too, but does not see them wait. */
  cpuRatio?: Summary;
  /** Where the figure is corrected for shared cores: the measured rate, and the share of a core that each process used. */
  measured?: { small: MeasuredRate; large: MeasuredRate };
}

export interface MeasuredRate {
  rate: Summary;
  /** Operations for each second of the servers' own processor time. */
  ratePerCpuSecond: Summary;
  /** Cores, or parts of them, that the servers used. */
  serverCpu: Summary;
  generatorCpu: Summary;
  /** Used by what the servers need beside them: Redis. */
  besideCpu: Summary;
}

export type ScaleSide = 'small' | 'large';

/** @param measured round by round, both sides in the same order */
export function makeScaleRow(
  facts: Omit<ScaleRow, ScaleSide | 'ratio'>,
  measured: Readonly<Record<ScaleSide, readonly number[]>>,
): ScaleRow {
  return {
    ...facts,
    small: summarize(measured.small),
    large: summarize(measured.large),
    ratio: summarize(ratios(measured.large, measured.small)),
  };
}
