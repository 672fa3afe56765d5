/** What was begun with a data directory and is not over, or was broken off. */
export const INCOMPLETE = ['rewinding', 'copying', 'switching'] as const;

export type Incomplete = (typeof INCOMPLETE)[number];

/** A data directory on which PostgreSQL must not be started, and the file that says so. */
export interface Mark {
  readonly kind: Incomplete;
  readonly path: string;
}

const SENTENCES: Readonly<Record<Incomplete, string>> = {
  rewinding: 'the data are half rewound',
  copying: 'the data are half copied',
  switching: 'the data are being replaced by a new copy',
};

/** A few words, for an exit reason. */
export const describeIncomplete = (kind: Incomplete): string => SENTENCES[kind];

/** Why PostgreSQL is not started there, and what ends that. */
export const refusalOf = ({ kind, path }: Mark): string =>
  `${describeIncomplete(kind)}: run cls_rebuild_slave here (marked by ${path})`;
