import { sha256 } from './on-node/look.ts';

/**
 * The cluster definition is written for the operator to adjust, and install.sh runs more than once. So the file says
 * what it was made as: an adjusted one is never overwritten.
 */
const MARK = '# pha: written as ';

const fingerprint = (text: string): string => sha256(text).slice(0, 16);

/** The file for a generated definition. */
export const markedText = (generated: string): string => `${MARK}${fingerprint(generated)}\n${generated}`;

export type DefinitionChange =
  | { readonly kind: 'none' }
  /** The operator's, and config.ini has not changed since it was made. */
  | { readonly kind: 'kept' }
  | { readonly kind: 'write'; readonly text: string }
  /** Both were changed: the new one is written beside, for the operator to carry the adjustments over. */
  | { readonly kind: 'write-beside'; readonly text: string };

/** Pure. */
export function definitionChange(existing: string | undefined, generated: string): DefinitionChange {
  const text = markedText(generated);
  if (existing === undefined) return { kind: 'write', text };
  if (existing === text || existing === generated) return { kind: 'none' };
  const [, madeAs, body = ''] = new RegExp(`^${MARK}([0-9a-f]{16})\n([\\s\\S]*)$`).exec(existing) ?? [];
  if (madeAs === fingerprint(generated)) return { kind: 'kept' };
  return madeAs !== undefined && madeAs === fingerprint(body)
    ? { kind: 'write', text }
    : { kind: 'write-beside', text };
}
