import { formatLsn16, type Lsn, parseLsn16, type Timeline } from '../postgres/lsn.ts';

/**
 * Who was promoted from where: the cluster property `<rsc>_REPL_INFO`, read as `node1|1|00000000050001B0`.
 * `timeline` is the one that the node was on before its promotion, `end` where that timeline ended. Timeline 0 means
 * that no timeline ended: the node was a primary already when the cluster took it over (its data status is LATEST), or
 * an operator has named it to be the next one, and it has not been promoted yet.
 */
export interface ReplInfo {
  readonly node: string;
  readonly timeline: Timeline;
  readonly end: Lsn;
  /**
   * Timelines up to this one may have been opened by primaries that were given up (`<rsc>_USED_TIMELINE`, see reset.ts).
   * The recorded primary descends from none of them but up to `timeline`, and nobody opens one of them again.
   */
  readonly usedTimeline?: Timeline;
}

/** The timeline that the recorded promotion has opened, or is to open. */
export const openedTimeline = ({ timeline, usedTimeline = 0 }: ReplInfo): Timeline =>
  Math.max(timeline, usedTimeline) + 1;

/** @returns undefined when the text is not of that form */
export const parseReplInfo = (text: string): ReplInfo | undefined => {
  const [node, timelineText, endText, ...rest] = text.split('|');
  if (!node || !timelineText || !endText || rest.length > 0 || !/^[0-9]+$/.test(timelineText))
    return undefined;
  const timeline = Number(timelineText);
  const end = parseLsn16(endText);
  return end !== undefined ? { node, timeline, end } : undefined;
};

export const formatReplInfo = (info: ReplInfo): string =>
  `${info.node}|${info.timeline}|${formatLsn16(info.end)}`;
