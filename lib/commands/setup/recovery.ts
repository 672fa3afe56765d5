import { childOf, type XmlElement } from '../../pacemaker/xml.ts';
import { sameXml } from '../../pacemaker/xml-writer.ts';
import type { SetupStep } from './decide.ts';
import type { SetupSnapshot } from './snapshot.ts';

/** The configuration after something has gone wrong, if it could be read. */
export type ConfigurationNow =
  | { readonly ok: true; readonly configuration: XmlElement | undefined }
  | { readonly ok: false; readonly reason: string };

/** Where a run that did not come to its end has left the cluster. */
export type Standing =
  | { readonly kind: 'old' }
  | { readonly kind: 'loaded' }
  /** Neither: somebody else has changed it. */
  | { readonly kind: 'other' }
  | { readonly kind: 'unseen'; readonly reason: string };

/** Loading is one transaction: the configuration is the old one or the new one. Pure. */
export function standing(
  { before, after }: Pick<SetupSnapshot, 'before' | 'after'>,
  begun: readonly SetupStep[],
  now: ConfigurationNow,
): Standing {
  if (!begun.some(({ kind }) => kind === 'load')) return { kind: 'old' };
  if (!now.ok) return { kind: 'unseen', reason: now.reason };
  if (sameXml(now.configuration, before)) return { kind: 'old' };
  // The agents write properties and node attributes as soon as they run.
  const isLoaded = ['resources', 'constraints'].every((tag) =>
    sameXml(childOf(now.configuration, tag), childOf(after, tag)),
  );
  return { kind: isLoaded ? 'loaded' : 'other' };
}

/**
 * What to say of it, and what is left to do. Names no command that puts the backup back as a whole: with it would come who
 * was primary and who might take over as it was then, past invariant 2 (design, section 4). Pure.
 */
export function recoverySentence({ backupFile }: Pick<SetupSnapshot, 'backupFile'>, found: Standing): string {
  const back = `to go back: docs/setup.md, "Going back"; the backup ${backupFile} must not be put back as a whole, it says who was the primary and who might take over as that was then`;
  switch (found.kind) {
    case 'old':
      return 'the cluster has its old configuration, unchanged';
    case 'loaded':
      return `the definition is loaded, and cls_status shows how far the cluster has come; ${back}`;
    case 'other':
      return `the configuration has been changed by somebody else, too; cls_setup --dry-run shows what is missing; ${back}`;
    case 'unseen':
      return `whether the definition was loaded cannot be seen (${found.reason}); when Pacemaker answers again, cls_setup --dry-run tells; ${back}`;
  }
}
