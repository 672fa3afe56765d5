import t from 'tap';
import type { SetupStep } from '../../../../../lib/commands/setup/decide.ts';
import { recoverySentence, standing } from '../../../../../lib/commands/setup/recovery.ts';
import { xmlElement } from '../../../../../lib/pacemaker/xml-writer.ts';

const resource = xmlElement('primitive', { id: 'pgsql' });
const configuration = (resources: readonly (typeof resource)[], properties: Record<string, string> = {}) =>
  xmlElement('configuration', {}, [
    xmlElement('crm_config', properties),
    xmlElement('resources', {}, resources),
    xmlElement('constraints', {}),
  ]);
const [EMPTY, LOADED] = [configuration([]), configuration([resource])];
const OTHER = configuration([xmlElement('primitive', { id: 'web' })]);
const RUNNING = configuration([resource], { REPL_INFO: 'x' });

const BACK_UP: SetupStep = { kind: 'back-up', file: '/b.xml' };
const LOAD: SetupStep = { kind: 'load', definitionFile: '/d' };

t.test('where a run has left the cluster', async (t) => {
  const snapshot = { before: EMPTY, after: LOADED };
  const unseen = { ok: false, reason: 'cibadmin: timed out' } as const;
  const of = (found: typeof EMPTY) => ({ ok: true, configuration: found }) as const;
  t.equal(standing(snapshot, [BACK_UP], unseen).kind, 'old', 'it had not begun to load');
  t.equal(standing(snapshot, [BACK_UP, LOAD], of(EMPTY)).kind, 'old');
  t.equal(standing(snapshot, [BACK_UP, LOAD], of(RUNNING)).kind, 'loaded', 'the agents have begun');
  t.equal(standing(snapshot, [BACK_UP, LOAD], of(OTHER)).kind, 'other');
  t.same(standing(snapshot, [BACK_UP, LOAD], unseen), { kind: 'unseen', reason: 'cibadmin: timed out' });
});

t.test('what is said of it', async (t) => {
  const say = (found: Parameters<typeof recoverySentence>[1]) =>
    recoverySentence({ backupFile: '/b.xml' }, found);
  t.match(
    say({ kind: 'unseen', reason: 'no connection' }),
    /cannot be seen \(no connection\); when Pacemaker answers again, cls_setup --dry-run tells; .* \/b\.xml/,
  );
  t.match(
    say({ kind: 'loaded' }),
    /cls_status shows how far .* to go back: docs\/setup\.md, "Going back"; the backup \/b\.xml must not be put back as a whole/,
  );
  t.match(say({ kind: 'other' }), /changed by somebody else, too; .* to go back: docs\/setup\.md/);
  t.match(say({ kind: 'old' }), /old configuration, unchanged/);
  for (const kind of ['loaded', 'other'] as const)
    t.notMatch(say({ kind }), /cibadmin/, 'no command brings back who was the primary then');
});
