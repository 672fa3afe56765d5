import { join } from 'node:path';
import type { Deadline } from '../system/clock.ts';
import { writeFileAtomically } from '../system/files.ts';
import type { OsUser } from '../system/os-user.ts';
import { withPrivateDirectory } from '../system/private-directory.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { readCibText } from './cib-text.ts';
import { childOf, parseXml, type XmlElement } from './xml.ts';
import { sameXml, withAttributes, writeXml } from './xml-writer.ts';

export type Replacement =
  | { readonly kind: 'done' }
  /** Somebody else has changed the configuration since: nothing was done. */
  | { readonly kind: 'changed-meanwhile' }
  | { readonly kind: 'failed'; readonly reason: string };

/** A whole CIB as the cluster has it now. */
export async function readCib(
  deadline: Deadline,
): Promise<
  | { readonly ok: true; readonly cib: XmlElement; readonly text: string }
  | { readonly ok: false; readonly reason: string }
> {
  const answer = await readCibText([], { deadline });
  if (!answer.ok) return answer;
  const parsed = parseXml(answer.text);
  return parsed.ok
    ? { ok: true, cib: parsed.root, text: answer.text }
    : { ok: false, reason: `cibadmin: ${parsed.reason}` };
}

/**
 * Puts `target` in place of the configuration, provided that it is `base` still: in one transaction, as the difference
 * between the two. Pacemaker takes a difference only for the very version of the CIB that it was made from
 * (xml_patch_version_check), so that no change by somebody else is lost. A version also changes with the status: then
 * the difference is made once more.
 */
export async function replaceConfiguration(
  base: XmlElement,
  target: XmlElement,
  user: OsUser,
  deadline: Deadline,
): Promise<Replacement> {
  let reason = 'no time left';
  while (!deadline.expired()) {
    const now = await readCib(deadline);
    if (!now.ok) return { kind: 'failed', reason: now.reason };
    const configuration = childOf(now.cib, 'configuration');
    if (sameXml(configuration, target)) return { kind: 'done' };
    if (!sameXml(configuration, base)) return { kind: 'changed-meanwhile' };
    const patch = await differenceTo(now.cib, target, user, deadline);
    if (!patch.ok) return { kind: 'failed', reason: patch.reason };
    const result = await run('cibadmin', ['--patch', '--xml-pipe', '--sync-call'], {
      deadline,
      input: patch.text,
    });
    if (succeeded(result)) return { kind: 'done' };
    reason = describeFailure(result);
    // CRM_EX_OLD: the status has changed; the next look tells whether the configuration has.
    if (result.exitCode !== 103) return { kind: 'failed', reason };
  }
  return { kind: 'failed', reason };
}

const differenceTo = (
  cib: XmlElement,
  target: XmlElement,
  user: OsUser,
  deadline: Deadline,
): Promise<{ readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }> =>
  withPrivateDirectory(async (directory) => {
    const epoch = Number(cib.attributes.get('epoch') ?? 0) + 1;
    const changed: XmlElement = {
      ...withAttributes(cib, { epoch: String(epoch), num_updates: '0' }),
      children: cib.children.map((child) => (child.tag === 'configuration' ? target : child)),
    };
    const [from, to] = [join(directory, 'from.xml'), join(directory, 'to.xml')];
    writeFileAtomically(from, writeXml(cib), { user, mode: 0o600 });
    writeFileAtomically(to, writeXml(changed), { user, mode: 0o600 });
    const result = await run('crm_diff', [`--original=${from}`, `--new=${to}`], { deadline });
    // 1 says that they differ.
    return !result.timedOut && (result.exitCode === 1 || result.exitCode === 0)
      ? { ok: true, text: result.stdout }
      : { ok: false, reason: describeFailure(result) };
  });
