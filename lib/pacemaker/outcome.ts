/** How a write ended. After a deadline `ok` is false, and the write may still take place. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export const DONE: Outcome = { ok: true };
