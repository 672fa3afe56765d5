/** How a write ended. After a deadline `ok` is false, and the write may still take place. */
export type Outcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly reason: string;
      /** it was decided from what does not hold any more: a new look may lead to another write */
      readonly isOutdated?: true;
    };

export const DONE: Outcome = { ok: true };
