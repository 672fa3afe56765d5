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
  const say = (before: typeof EMPTY, found: Parameters<typeof recoverySentence>[1]) =>
    recoverySentence({ before, backupFile: '/b.xml' }, found);
  t.match(
    say(EMPTY, { kind: 'unseen', reason: 'no connection' }),
    /cannot be seen \(no connection\); when Pacemaker answers again, cls_setup --dry-run tells; .* \/b\.xml/,
  );
  t.match(
    say(EMPTY, { kind: 'loaded' }),
    /to go back, which stops PostgreSQL on all nodes: cibadmin --replace/,
  );
  t.match(say(RUNNING, { kind: 'loaded' }), /to go back: cibadmin/);
  t.match(say(EMPTY, { kind: 'old' }), /old configuration, unchanged/);
});
